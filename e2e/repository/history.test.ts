import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Breach, breachesOf, type History, type Recorded } from '../helpers/history.ts';
import { misplaced } from '../helpers/spacing.ts';

/** What one client does, and by how much the client's view of it is off. All in milliseconds. */
interface Step {
  /** From the decision before to this. */
  readonly gap: number;
  readonly before: number;
  readonly after: number;
  readonly held: number;
  readonly closing: number;
  readonly telling: number;
  /** 0: the edge decides. 1: the client gets no answer. Others: the picker decides. */
  readonly kind: number;
}

const tellingMs = 20;
const handOutMs = 100;

/** The truth: pods that count, a picker that knows all of them, each decision at one moment. */
function model(steps: readonly Step[], limits: Record<string, number>, perSecond: number): History {
  const intervalMs = 1000 / perSecond;
  const pods = Object.entries(limits).map(([name, limit]) => ({ name, limit, freeAt: [] as number[] }));
  const attempts: Recorded[] = [];
  let now = 1000;
  let nextAt = 0;
  for (const { gap, before, after, held, closing, telling, kind } of steps) {
    now += gap;
    for (const pod of pods) pod.freeAt = pod.freeAt.filter((at) => at > now);
    const [pod] = pods
      .filter(({ freeAt, limit }) => freeAt.length < limit)
      .sort((a, b) => a.freeAt.length - b.freeAt.length);
    const seen = { invokedAt: now - before, answeredAt: now + after, edge: attempts.length % 3 };
    const byPicker = kind !== 0;
    if (!pod) {
      attempts.push({ ...seen, way: byPicker ? 'picker' : 'upgrade', answer: { refused: 'full' } });
    } else if (byPicker && now < nextAt) {
      attempts.push({ ...seen, way: 'picker', answer: { refused: 'rate' } });
    } else {
      nextAt = now + intervalMs;
      if (kind === 1) {
        pod.freeAt.push(now + after + telling);
        attempts.push({ ...seen, answer: { refused: 'other' } });
        continue;
      }
      const closingAt = seen.answeredAt + held;
      const closedAt = closingAt + closing;
      pod.freeAt.push(closedAt + telling);
      const answer = { admittedBy: pod.name, closingAt, closedAt };
      attempts.push({ ...seen, way: byPicker ? 'picked' : 'upgrade', answer });
    }
  }
  return { attempts, limits, perSecond, tellingMs, handOutMs };
}

const within = (max: number) => fc.double({ min: 0, max, noNaN: true });

/** Decisions that overlap as the clients see them, and clients that are at times long unaware of what became of them. */
const histories = fc
  .record({
    steps: fc.array(
      fc.record({
        gap: within(30),
        before: fc.oneof(within(5), within(200)),
        after: fc.oneof(within(5), within(200)),
        held: within(400),
        closing: within(20),
        telling: within(tellingMs),
        kind: fc.integer({ min: 0, max: 12 }),
      }),
      { minLength: 1, maxLength: 100, size: 'max' },
    ),
    limits: fc.constantFrom<Record<string, number>>({ a: 1 }, { a: 2, b: 2 }, { a: 2, b: 1, c: 3 }),
    perSecond: fc.constantFrom(1, 20, 100, 3000),
  })
  .map(({ steps, limits, perSecond }) => model(steps, limits, perSecond));

function promises(history: History): Breach['promise'][] {
  return breachesOf(history).map(({ promise }) => promise);
}

/** A moment after everything of a history is long over. */
function afterAll({ attempts }: History): number {
  const ends = attempts.map(({ answer, answeredAt }) =>
    'closedAt' in answer ? answer.closedAt : answeredAt,
  );
  return Math.max(...ends) + 2000;
}

test('what happened in some order breaks no promise, however far the clients see it from when it was', () => {
  fc.assert(
    fc.property(histories, (history) => {
      expect(breachesOf(history)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('one more than a pod holds is found, with the attempts that prove it', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (history, at) => {
      const held = history.attempts.filter(
        ({ answer, answeredAt }) => 'closingAt' in answer && answer.closingAt > answeredAt,
      );
      const one = held[at % held.length];
      if (!one || !('admittedBy' in one.answer)) return;
      const pod = one.answer.admittedBy;
      const limit = history.limits[pod] ?? 0;
      const more = Array.from({ length: limit }, () => ({ ...one, way: 'upgrade' as const }));
      const [breach] = breachesOf({ ...history, attempts: [...history.attempts, ...more] });
      expect(breach).toMatchObject({ promise: 'limit' });
      const proof = breach?.attempts ?? [];
      expect(proof.length).toBeGreaterThan(limit);
      const from = Math.max(...proof.map(({ answeredAt }) => answeredAt));
      const to = Math.min(...proof.map(({ answer }) => ('closingAt' in answer ? answer.closingAt : 0)));
      expect(from).toBeLessThan(to);
    }),
  );
});

test('a pod that holds more than the checker is told is found', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const [pod = ''] = Object.keys(history.limits);
      const held = history.attempts.filter(
        ({ answer, answeredAt }) =>
          'admittedBy' in answer && answer.admittedBy === pod && answer.closingAt > answeredAt,
      );
      const found = promises({ ...history, limits: { ...history.limits, [pod]: 0 } });
      expect(found.filter((promise) => promise === 'limit')).toHaveLength(held.length);
    }),
  );
});

test('every "full" is found false when a pod had a free slot all the time', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const full = history.attempts.filter(
        ({ answer }) => 'refused' in answer && answer.refused === 'full',
      ).length;
      // More than can be held by those of which nobody knows where.
      const found = promises({ ...history, limits: { ...history.limits, idle: 1000 } });
      expect(found).toEqual(Array(full).fill('full'));
    }),
  );
});

test('a "full" after everything has ended is found, whoever says it', () => {
  fc.assert(
    fc.property(histories, fc.constantFrom('picker' as const, 'upgrade' as const), (history, way) => {
      const from = afterAll(history);
      const late = {
        invokedAt: from,
        answeredAt: from + 1,
        edge: 0,
        way,
        answer: { refused: 'full' as const },
      };
      const [breach, ...others] = breachesOf({ ...history, attempts: [...history.attempts, late] });
      expect(breach).toMatchObject({ promise: 'full', attempts: [late] });
      expect(others).toEqual([]);
    }),
  );
});

/** On a pod, between two times. */
function on(pod: string, from: number, to: number): Recorded {
  return {
    ...{ invokedAt: from, answeredAt: from + 1, edge: 0, way: 'upgrade' },
    answer: { admittedBy: pod, closingAt: to, closedAt: to + 1 },
  };
}

function refused(
  refused: 'full' | 'rate' | 'other',
  way: 'picker' | 'picked' | 'upgrade',
  from: number,
  to = from + 1,
): Recorded {
  return { invokedAt: from, answeredAt: to, edge: 0, way, answer: { refused } };
}

/** The promises that these attempts break, with two pods of one. */
function brokenBy(...attempts: Recorded[]): Breach['promise'][] {
  return promises({ attempts, limits: { a: 1, b: 1 }, perSecond: 1, tellingMs, handOutMs });
}

test('two pods that are full one after the other are full to an edge that asks both, not to a picker', () => {
  const held = [on('a', 0, 100), on('b', 200, 300)];
  expect(brokenBy(...held, refused('full', 'upgrade', 50, 250))).toEqual([]);
  expect(brokenBy(...held, refused('full', 'picker', 50, 250))).toEqual(['full']);
});

test('two that may have held the same slot do not make another pod full', () => {
  const held = [on('a', 0, 100), on('a', 101, 200)];
  expect(brokenBy(...held, refused('full', 'picker', 105, 110))).toEqual(['full']);
});

test.each(['other', 'rate'] as const)(
  'a slot that may have been handed out for an attempt that was answered "%s" is taken to the picker, for a time',
  (answer) => {
    const attempts = [on('a', 0, 500), refused(answer, 'upgrade', 10)];
    const until = 11 + handOutMs;
    expect(brokenBy(...attempts, refused('full', 'picker', until))).toEqual([]);
    expect(brokenBy(...attempts, refused('full', 'picker', until + tellingMs + 1))).toEqual(['full']);
  },
);

test('what pods refuse keeps a slot handed out, and costs no token', () => {
  const attempts = [on('a', 0, 9000), refused('full', 'picked', 2000), refused('full', 'picker', 2050)];
  const rate = refused('rate', 'picker', 2500);
  // Pods had said "full" while one was free.
  expect(brokenBy(...attempts)).toEqual(['full']);
  expect(brokenBy(...attempts, on('b', 0, 9000))).toEqual([]);
  expect(brokenBy(...attempts, on('b', 0, 9000), rate)).toEqual(['rate']);
});

test('what an edge refuses by itself may have cost a token', () => {
  const attempts = [refused('rate', 'upgrade', 2000)];
  expect(brokenBy(...attempts, refused('rate', 'picker', 3001 + tellingMs))).toEqual([]);
  expect(brokenBy(...attempts, refused('rate', 'picker', 3002 + tellingMs))).toEqual(['rate']);
});

test('of an admission of its own a picker knows at once', () => {
  const picked: Recorded = { ...on('a', 0, 9000), way: 'picked' };
  expect(brokenBy(picked, refused('rate', 'picker', 1001))).toEqual([]);
  expect(brokenBy(picked, refused('rate', 'picker', 1002))).toEqual(['rate']);
  expect(brokenBy(on('a', 0, 9000), refused('rate', 'picker', 1002))).toEqual([]);
});

test('a second admission within an interval is found', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (history, at) => {
      const intervalMs = 1000 / history.perSecond;
      const short = history.attempts.filter(
        ({ way, answer, invokedAt, answeredAt }) =>
          way === 'picked' && 'admittedBy' in answer && answeredAt - invokedAt < intervalMs,
      );
      const one = short[at % short.length];
      if (!one) return;
      // On a pod of its own: it breaks nothing else.
      const again = {
        ...one,
        answer: { admittedBy: 'z', closingAt: one.answeredAt, closedAt: one.answeredAt },
      };
      const found = promises({ ...history, attempts: [...history.attempts, again] });
      expect(found).toContain('gap');
      expect(new Set(found)).toEqual(new Set(['gap']));
    }),
  );
});

test('"over the rate" with no admission for an interval is found', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const from = afterAll(history);
      const late: Recorded = {
        ...{ invokedAt: from, answeredAt: from + 5, edge: 0, way: 'picker' },
        answer: { refused: 'rate' },
      };
      const breaches = breachesOf({ ...history, attempts: [...history.attempts, late] });
      expect(breaches).toMatchObject([{ promise: 'rate', attempts: [late] }]);
    }),
  );
});

test('a fault within another ends nothing', () => {
  const attempts = [refused('full', 'picker', 50), refused('full', 'picker', 200)];
  const history = { attempts, limits: { a: 1 }, perSecond: 1, tellingMs, handOutMs };
  const faults = [
    { from: 10, to: 20 },
    { from: 0, to: 100 },
    { from: 30, to: 40 },
  ];
  expect(breachesOf({ ...history, faults })).toMatchObject([{ promise: 'full', attempts: [attempts[1]] }]);
});

test('while a fault lasts, only the limit of a pod is judged', () => {
  fc.assert(
    fc.property(histories, (history) => {
      const from = afterAll(history);
      const told = (refused: 'full' | 'rate'): Recorded => ({
        ...{ invokedAt: from, answeredAt: from + 1, edge: 0, way: 'picker' },
        answer: { refused },
      });
      const admitted: Recorded = {
        ...{ invokedAt: from + 2, answeredAt: from + 2, edge: 0, way: 'picked' },
        answer: { admittedBy: 'a', closingAt: from + 3, closedAt: from + 4 },
      };
      const more = [told('full'), told('rate'), ...Array.from({ length: 9 }, () => ({ ...admitted }))];
      const attempts = [...history.attempts, ...more];
      const found = promises({ ...history, attempts, faults: [{ from: from + 1, to: from + 2 }] });
      expect(new Set(found)).toEqual(new Set(['limit']));
    }),
  );
});

/** Whether moments `gap` apart fit into intervals, by trying every order of them. */
function fits(intervals: readonly { from: number; to: number }[], gap: number, last = -Infinity): boolean {
  return (
    intervals.length === 0 ||
    intervals.some(({ from, to }, n) => {
      const moment = Math.max(from, last + gap);
      return moment <= to && fits(intervals.toSpliced(n, 1), gap, moment);
    })
  );
}

test('moments fit into their intervals exactly if some order of them does', () => {
  const interval = fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 20 }))
    .map(([from, length]) => ({ from, to: from + length }));
  let without = 0;
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 7, size: 'max' }),
      fc.integer({ min: 1, max: 8 }),
      (intervals, gap) => {
        const faults = misplaced(intervals, gap);
        expect(faults.length === 0).toBe(fits(intervals, gap));
        const left = new Set(faults.map(({ one }) => one));
        expect(
          fits(
            intervals.filter((one) => !left.has(one)),
            gap,
          ),
        ).toBe(true);
        for (const [n, { group }] of faults.entries()) {
          expect(fits(group, gap)).toBe(false);
          // It proves a fault of its own.
          expect(group.filter((one) => faults.slice(0, n).some((earlier) => earlier.one === one))).toEqual(
            [],
          );
        }
        without += faults.length === 0 ? 1 : 0;
      },
    ),
    { numRuns: 3000 },
  );
  expect(without).toBeGreaterThan(300);
});

test('a machine that must wait for what is still to come is told so', () => {
  expect(
    misplaced(
      [
        { from: 0, to: 5 },
        { from: 0.5, to: 0.7 },
      ],
      1,
    ),
  ).toEqual([]);
});

test('200,000 attempts are judged while one waits', async ({ annotate }) => {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 0x7fff_ffff;
    return seed / 0x7fff_ffff;
  };
  const steps = Array.from({ length: 200_000 }, () => ({
    ...{ gap: random() * 2, before: random() * 20, after: random() * 20 },
    ...{ held: random() * 40, closing: random() * 2, telling: random() * tellingMs },
    kind: random() < 0.001 ? 1 : 2,
  }));
  const limits = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`pod-${n}`, 2]));
  const history = model(steps, limits, 500);
  const began = performance.now();
  expect(breachesOf(history)).toEqual([]);
  const admitted = history.attempts.filter(({ answer }) => 'admittedBy' in answer).length;
  await annotate(
    `${admitted} admitted of 200,000, judged in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
});
