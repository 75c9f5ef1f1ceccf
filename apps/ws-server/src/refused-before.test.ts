import { expect, test } from 'vitest';
import { RefusedBefore } from './refused-before.ts';

test('a request is known for a second at least, and forgotten after some', () => {
  const refused = new RefusedBefore();
  expect(refused.note('a', 0)).toBe(false);
  expect(refused.note('b', 10)).toBe(false);
  expect(refused.note('a', 1000)).toBe(true);
  expect(refused.note('b', 1001)).toBe(true);
  expect(refused.note('c', 1002)).toBe(false);
  expect(refused.note('a', 9000)).toBe(false);
});

test('of many requests the latest are known', () => {
  const refused = new RefusedBefore();
  for (let n = 0; n < 20_000; n++) refused.note(`request-${n}`, 1);
  expect(refused.note('request-19999', 1)).toBe(true);
  expect(refused.note('request-0', 1)).toBe(false);
});
