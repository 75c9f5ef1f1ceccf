/** What {@link LinkedList} keeps in each of its items. */
export interface Linked<Item> {
  before: Item | undefined;
  after: Item | undefined;
}

/**
 * Items in the order in which they were appended. A Set would do the same, but copies itself again and again where every item
 * is taken out and put back once a second.
 */
export class LinkedList<Item extends Linked<Item>> {
  #first: Item | undefined;
  #last: Item | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param item one that is in no list */
  append(item: Item): void {
    item.before = this.#last;
    item.after = undefined;
    if (this.#last) this.#last.after = item;
    else this.#first = item;
    this.#last = item;
    this.#size++;
  }

  /** @param item one of this list */
  remove(item: Item): void {
    const { before, after } = item;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    item.before = item.after = undefined;
    this.#size--;
  }

  /** From the first to the last; the one it is at may be removed. */
  *[Symbol.iterator](): Generator<Item> {
    for (let item = this.#first; item; ) {
      const next = item.after;
      yield item;
      item = next;
    }
  }
}
