import { type AccessLogLine, defaultLimits, sharesOf } from '@envoy-poc/edge';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { levelsOf } from './shares.ts';
import { edgeLine } from './testing.ts';

/** What one edge logs of attempts at these times, with a bucket that is full at first, and what it really held. */
function edgeOf(share: { perSecond: number; burst: number }, timesMs: readonly number[]) {
  let [level, atMs] = [share.burst, 0];
  const lines: AccessLogLine[] = [];
  const held: number[] = [];
  for (const timeMs of timesMs) {
    level = Math.min(share.burst, level + ((timeMs - atMs) / 1000) * share.perSecond);
    atMs = timeMs;
    const admitted = level >= 1;
    held.push(level);
    if (admitted) level--;
    lines.push(edgeLine(timeMs, admitted ? {} : { code: 429, flags: 'RL', upstream: null }));
  }
  return { lines, held };
}

const limits = { ...defaultLimits, admission: 'shared' } as const;

test('the real level lies within the bounds, and at the time that is named there is a whole token', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 3 }), (gaps, rate, edges) => {
      const of = { ...limits, newConnectionsPerSecond: rate, edgeReplicas: edges };
      const share = sharesOf(of).all;
      let nowMs = 0;
      const { lines, held } = edgeOf(
        share,
        gaps.map((gap) => (nowMs += gap)),
      );
      const levels = levelsOf(lines, () => of);
      for (const [i, line] of lines.entries()) {
        if (line.code !== 429) continue;
        const { least, most, wholeAtMs } = levels.get(line) ?? { least: 2, most: -1, wholeAtMs: 0 };
        const real = held[i] as number;
        expect(least).toBeLessThanOrEqual(real + 1e-6);
        expect(most).toBeGreaterThanOrEqual(real - 1e-6);
        const waitedMs = wholeAtMs - Date.parse(line.time);
        expect(real + (waitedMs / 1000) * share.perSecond).toBeGreaterThanOrEqual(1 - 1e-6);
        // Of a bucket of one token, an admission tells all.
        if (share.burst === 1) expect(most - least).toBeLessThan(1e-6);
      }
    }),
  );
});

test('an admission that another worker stamped a little later explains a refusal', () => {
  const refused = edgeLine(10_000, { code: 429, flags: 'RL', upstream: null });
  const lines = [edgeLine(0), refused, edgeLine(10_020)];
  const of = { ...limits, edgeReplicas: 1, newConnectionsPerSecond: 1 };
  expect(levelsOf(lines, () => of).get(refused)).toMatchObject({
    least: 0,
    wholeAtMs: Date.parse(edgeLine(11_020).time),
  });
  // Control: nothing explains it, and nothing is said.
  expect(levelsOf(lines.slice(0, 2), () => of).get(refused)).toBeUndefined();
});

test('of two buckets, the one that refused; other clients and refusals of the picker take none of it', () => {
  const of = {
    ...limits,
    edgeReplicas: 1,
    newConnectionsPerSecond: 100,
    newConnectionsPerSecondPerClient: 0.5,
  };
  const refused = edgeLine(1500, { code: 429, flags: 'RL', upstream: null, client: 'a' });
  const others = [
    edgeLine(1400, { client: 'b' }),
    edgeLine(1450, { client: 'a', code: 429, flags: 'UAEX', upstream: null }),
  ];
  const lines = [edgeLine(1000, { client: 'a' }), ...others, refused];
  expect(levelsOf(lines, () => of).get(refused)).toMatchObject({
    of: 'client',
    least: 0.25,
    most: 0.25,
    intervalMs: 2000,
  });
});

test('an edge that starts again with another share has a full bucket of that', () => {
  const rates = [0.5, 2].map((rate) => ({ ...limits, edgeReplicas: 1, newConnectionsPerSecond: rate }));
  const refused = (ms: number) => edgeLine(ms, { code: 429, flags: 'RL', upstream: null });
  const [before, after] = [refused(1000), refused(10_200)] as const;
  const lines = [edgeLine(0), before, edgeLine(10_000), edgeLine(10_001), after];
  const at = Date.parse(edgeLine(5000).time);
  const levels = levelsOf(lines, ({ time }) => rates[Date.parse(time) < at ? 0 : 1]);
  expect(levels.get(before)).toMatchObject({ most: 0.5, intervalMs: 2000 });
  expect(levels.get(after)).toMatchObject({ intervalMs: 500 });
  // Control: nothing is said of an edge whose share nobody knows.
  expect(levelsOf(lines, () => undefined).size).toBe(0);
});
