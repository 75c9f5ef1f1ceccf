import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Linked, LinkedList } from './linked-list.ts';

interface Item extends Linked<Item> {
  n: number;
}

test('as a Set from which items are taken and put back at its end', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.boolean())), (steps) => {
      const items = Array.from({ length: 6 }, (_, n): Item => ({ n, before: undefined, after: undefined }));
      const list = new LinkedList<Item>();
      const set = new Set<Item>();
      for (const [n, stays] of steps) {
        const item = items[n] as Item;
        if (set.delete(item)) list.remove(item);
        if (!stays) continue;
        list.append(item);
        set.add(item);
      }
      expect([...list].map((item) => item.n)).toEqual([...set].map((item) => item.n));
      expect(list.size).toBe(set.size);
      // The one it is at may be removed.
      for (const item of list) list.remove(item);
      expect([list.size, [...list]]).toEqual([0, []]);
    }),
  );
});
