import fc from 'fast-check';
import { expect, test } from 'vitest';
import { edgeLimits, mostAdmissionsInOneSecond } from './limits.ts';
import { tokenBucket } from './token-bucket.ts';

const rates = fc.double({ min: 0.01, max: 10_000, noNaN: true });

test('the bucket fills at the rate, in intervals that Envoy takes', () => {
  fc.assert(
    fc.property(rates, (perSecond) => {
      const bucket = tokenBucket({ perSecond, burst: 3 });
      const interval = Number(bucket.fill_interval.slice(0, -1));
      expect(bucket.fill_interval).toMatch(/^\d+(\.\d{1,9})?s$/);
      expect(interval).toBeGreaterThanOrEqual(0.05 - 1e-9);
      expect(bucket.tokens_per_fill / interval / perSecond).toBeCloseTo(1, 5);
    }),
  );
});

test('one a second is one token a second', () => {
  expect(tokenBucket({ perSecond: 1, burst: 3 })).toEqual({
    max_tokens: 3,
    tokens_per_fill: 1,
    fill_interval: '1s',
  });
});

test('by default every edge holds at least one token', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 20 }), (admissionsPerSecond, edges) => {
      const { admission } = edgeLimits({ pods: 4, connectionsPerPod: 2, edges, admissionsPerSecond });
      expect(admission.burst / edges).toBeGreaterThanOrEqual(1);
    }),
  );
});

test('the worst second is never better than simulated token buckets can do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0.2, max: 8, noNaN: true }),
      (edges, perSecond) => {
        const { admission } = edgeLimits({
          pods: 1,
          connectionsPerPod: 1,
          edges,
          admissionsPerSecond: perSecond,
        });
        let admitted = 0;
        let tokens = admission.burst / edges;
        for (let millisecond = 0; millisecond < 1000; millisecond++) {
          tokens = Math.min(tokens + perSecond / edges / 1000, admission.burst / edges);
          for (; tokens >= 1; tokens--) admitted++;
        }
        expect(admitted * edges).toBeLessThanOrEqual(mostAdmissionsInOneSecond(admission, edges));
      },
    ),
  );
});
