import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  admissionIntervalSeconds,
  admissionRate,
  mostAdmissionsInOneSecond,
  mostBySharesInOneSecond,
  shareOf,
} from './limits.ts';
import { tokenBucket, tokensPerFill } from './token-bucket.ts';

const rates = fc.double({ min: 0.01, max: 10_000, noNaN: true });
const admissions = fc.constantFrom('exact' as const, 'shared' as const);

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

test('by default every edge holds whole tokens, and all of them together no more than the bucket', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 20 }), admissions, (perSecond, edges, by) => {
      const admission = admissionRate({
        ...{ edgeReplicas: edges, newConnectionsPerSecond: perSecond, admission: by },
      });
      const share = shareOf(admission, edges);
      expect(share.burst).toBeGreaterThanOrEqual(1);
      expect(share.burst * edges).toBe(admission.burst);
      expect(admission.burst).toBeLessThanOrEqual(Math.max(edges, perSecond));
      if (by === 'exact') expect(share.burst).toBe(tokensPerFill(share.perSecond));
      expect(share.perSecond * edges).toBeCloseTo(perSecond, 6);
    }),
  );
});

test('the worst second is never better than simulated token buckets can do', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 0.2, max: 8, noNaN: true }),
      admissions,
      (edges, perSecond, admission) => {
        const limits = { edgeReplicas: edges, newConnectionsPerSecond: perSecond, admission };
        const share = shareOf(admissionRate(limits), edges);
        let admitted = 0;
        let tokens = share.burst;
        for (let millisecond = 0; millisecond < 1000; millisecond++) {
          tokens = Math.min(tokens + share.perSecond / 1000, share.burst);
          for (; tokens >= 1; tokens--) admitted++;
        }
        expect(admitted * edges).toBeLessThanOrEqual(mostBySharesInOneSecond(limits));
      },
    ),
  );
});

test('the picker admits as many in the worst second as fit an interval apart', () => {
  fc.assert(
    fc.property(rates, (newConnectionsPerSecond) => {
      const most = mostAdmissionsInOneSecond({
        ...{ edgeReplicas: 3, newConnectionsPerSecond, admission: 'exact' },
      });
      const interval = admissionIntervalSeconds({ newConnectionsPerSecond });
      expect((most - 1) * interval).toBeLessThan(1);
      expect(most * interval).toBeGreaterThanOrEqual(1 - 1e-9);
    }),
  );
});
