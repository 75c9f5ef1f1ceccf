/** Neighbours that are shown as one: a name for them, such as `client-1 … client-10`, and who they are. */
export interface Group<T> {
  name: string;
  members: T[];
}

/** At most `most` groups of neighbours, as equal in size as can be; each is alone where there is room. */
export function grouped<T extends { name: string }>(items: readonly T[], most: number): Group<T>[] {
  const size = Math.max(1, Math.ceil(items.length / most));
  const groups: Group<T>[] = [];
  for (let from = 0; from < items.length; from += size) {
    const members = items.slice(from, from + size);
    const [first, last] = [members[0]?.name ?? '', members.at(-1)?.name ?? ''];
    groups.push({ name: members.length === 1 ? first : `${first} … ${shortly(last, first)}`, members });
  }
  return groups;
}

/** `client-9` after `client-1` is `9`; `client-wc5pw` after `client-8ccs4` is `wc5pw`. */
function shortly(last: string, first: string): string {
  const stem = first.replace(/[^-]+$/, '');
  return stem.length > 0 && last.startsWith(stem) ? last.slice(stem.length) : last;
}
