import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BURST_SECONDS, Budget } from './budget.ts';

const asks = fc.array(fc.record({ afterMs: fc.nat(3000), amount: fc.integer({ min: 1, max: 40 }) }), {
  minLength: 1,
  maxLength: 80,
});

test('in no stretch of time does more come through than the burst and the rate allow', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 100 }), asks, (perSecond, steps) => {
      const budget = new Budget(perSecond, 0);
      let now = 0;
      const taken: { at: number; amount: number }[] = [];
      for (const { afterMs, amount } of steps) {
        now += afterMs;
        if (budget.take(amount, now)) taken.push({ at: now, amount });
      }
      for (const [first, { at: start }] of taken.entries()) {
        let sum = 0;
        for (const { at, amount } of taken.slice(first)) {
          sum += amount;
          expect(sum).toBeLessThanOrEqual(perSecond * (BURST_SECONDS + (at - start) / 1000) + 1e-6);
        }
      }
    }),
    { seed: 26 },
  );
});

test('what stays within the rate always comes through', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 300 }), (perSecond, times) => {
      const budget = new Budget(perSecond, 0);
      for (let n = 1; n <= times; n++) expect(budget.take(1, (n * 1000) / perSecond + 1e-6)).toBe(true);
    }),
    { seed: 26 },
  );
});
