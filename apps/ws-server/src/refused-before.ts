/** How long a pod remembers whom it refused, at least, in milliseconds: longer than an edge's tries take. */
const REMEMBERED_MS = 1000;

/** Requests that are remembered at most, twice: those of this time and of the one before. */
const MOST_REMEMBERED = 5000;

/**
 * Knows which requests a pod refused a moment ago. An edge tries pods that it has not tried before first: when it asks one
 * again, all the others are full as well, and it need not go on.
 */
export class RefusedBefore {
  #ids = new Set<string>();
  #older = new Set<string>();
  #turnedMs = 0;

  /**
   * Takes note of a refusal.
   * @param nowMs milliseconds of a clock that never goes back
   * @returns whether this request was refused before
   */
  note(id: string, nowMs: number): boolean {
    if (nowMs - this.#turnedMs > REMEMBERED_MS || this.#ids.size >= MOST_REMEMBERED) {
      this.#older = nowMs - this.#turnedMs > 2 * REMEMBERED_MS ? new Set() : this.#ids;
      this.#ids = new Set();
      this.#turnedMs = nowMs;
    }
    const before = this.#ids.has(id) || this.#older.has(id);
    this.#ids.add(id);
    return before;
  }
}
