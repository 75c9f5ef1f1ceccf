import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Spacing, type Span } from './spacing.ts';

const interval = 1000;

function judged(spans: readonly Span[]) {
  const spacing = new Spacing(interval);
  for (const span of spans) spacing.add(span);
  return spacing.judge(0);
}

/** Gaps in whole milliseconds, and how much earlier and later each may have been. */
const moments = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 2500 }),
    before: fc.integer({ min: 0, max: 3000 }),
    after: fc.integer({ min: 0, max: 3000 }),
  }),
  { minLength: 1, maxLength: 40 },
);

test('moments an interval apart are never blamed, whatever is not known of them', () => {
  fc.assert(
    fc.property(moments, (list) => {
      let now = 0;
      const spans = list.map(({ gap, before, after }) => {
        now += interval + gap;
        return { from: now - before, until: now + after };
      });
      expect(judged(spans)).toMatchObject({ tooSoon: 0, worst: undefined });
    }),
  );
});

test('control: exactly known moments are blamed when, and only when, two are closer', () => {
  fc.assert(
    fc.property(moments, (list) => {
      let now = 0;
      const times = list.map(({ gap }) => (now += gap));
      const gaps = times.slice(1).map((time, n) => time - (times[n] as number));
      const seen = judged(times.map((time) => ({ from: time, until: time })));
      expect(seen.tooSoon > 0).toBe(gaps.some((gap) => gap < interval));
      expect(seen.smallestGap?.most).toBe(gaps.length > 0 ? Math.min(...gaps) : undefined);
    }),
  );
});

test('control: a little too fast shows over many, though no two of them tell it', () => {
  const spans = (gap: number) =>
    Array.from({ length: 20 }, (_, n) => ({ from: n * gap, until: n * gap + 50 }));
  expect(judged(spans(1000)).tooSoon).toBe(0);
  expect(judged(spans(990)).worst?.by).toBeGreaterThan(0);
});

test('what is settled stays judged, and is forgotten', () => {
  const all = Array.from({ length: 50 }, (_, n) => ({ from: n * 995, until: n * 995 + 20 }));
  const spacing = new Spacing(interval);
  for (const span of all) {
    spacing.add(span);
    spacing.judge(span.from - 3000);
  }
  expect(spacing.judge(1e9)).toEqual(judged(all));
  expect(spacing.judge(1e9).tooSoon).toBeGreaterThan(0);
});
