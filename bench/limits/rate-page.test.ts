import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RateResult } from './rate.ts';
import { rateFigures } from './rate-page.ts';

/** One round of 20 s at a rate of 1. */
function round(attempted: number[], admitted: number[]): RateResult {
  return {
    ...{ design: 'exact', proxies: 3, workers: 2, rate: 1 },
    pace: { attemptsPerSecond: 10, seconds: 20, intervals: 'random', through: 'all' },
    rounds: [{ attempted, admitted }],
  };
}

const attempts = fc.uniqueArray(fc.nat(20_000), { minLength: 2 }).map((times) => times.sort((a, b) => a - b));

test('no limiter that keeps the interval admits more than the rate allows', () => {
  fc.assert(
    fc.property(attempts, fc.infiniteStream(fc.boolean()), (attempted, choices) => {
      let last = Number.NEGATIVE_INFINITY;
      const admitted = attempted.filter((at) => {
        if (at - last < 1000 || !choices.next().value) return false;
        last = at;
        return true;
      });
      const { used, most } = rateFigures(round(attempted, admitted));
      expect(used.median).toBeLessThanOrEqual(1);
      expect(most).toBeLessThanOrEqual(1);
    }),
  );
});

test('a limiter that counts calendar seconds is seen to exceed the rate', () => {
  const attempted = Array.from({ length: 10 }, (_, i) => [i * 2000 + 990, i * 2000 + 1010]).flat();
  const figures = rateFigures(round(attempted, attempted));
  expect(figures.used.median).toBe(2);
  expect(figures.smallestGap.median).toBe(0.02);
  expect(figures.most).toBe(2);
});
