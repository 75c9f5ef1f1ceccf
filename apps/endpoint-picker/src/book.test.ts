import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Book, type BookEvents, type Stream } from './book.ts';

const silent: BookEvents = { heard: () => {}, gone: () => {} };
const report = (taken: number, more: { limit?: number; draining?: boolean; opened?: string } = {}) => ({
  port: 80,
  limit: 2,
  taken,
  draining: false,
  ...more,
});

/** A book of pods 0…n-1, which all say that they are empty. */
function bookOf(pods: number, limit = 2, events = silent) {
  const book = new Book(events);
  const streams: Stream[] = [];
  for (let pod = 0; pod < pods; pod++) {
    streams.push({ number: pod + 1 });
    book.report(streams[pod] as Stream, `${pod}`, report(0, { limit }), 0);
  }
  return {
    book,
    say: (pod: number, taken: number, now: number, more = {}) =>
      book.report(streams[pod] as Stream, `${pod}`, report(taken, { limit, ...more }), now),
    streams,
  };
}

describe('against pods that are what they say', () => {
  /** Fates of an attempt in random order; the pods are counting semaphores that tell of every change at once. */
  const steps = fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('ask' as const) }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('arrive' as const), which: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('drain' as const), which: fc.nat() }) },
    ),
    { maxLength: 150 },
  );
  const fleet = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 16 });

  /**
   * @param stepMs time between steps
   * @returns attempts that arrived at a full pod
   */
  function run(
    limits: number[],
    plan: typeof steps extends fc.Arbitrary<infer T> ? T : never,
    random: () => number,
    stepMs: number,
  ) {
    const book = new Book(silent);
    const pods = limits.map((limit) => ({ limit, taken: 0, draining: false, heard: true }));
    const streams = limits.map((_, pod): Stream => ({ number: pod + 1 }));
    let number = limits.length;
    let now = 0;
    let refused = 0;
    const say = (pod: number, opened?: string) => {
      const { limit, taken, draining } = pods[pod] as (typeof pods)[number];
      const more = { limit, draining, ...(opened !== undefined && { opened }) };
      book.report(streams[pod] as Stream, `${pod}`, report(taken, more), now);
    };
    const flying: { id: string; pod: number }[] = [];
    const open: number[] = [];
    for (const [index] of limits.entries()) say(index);
    for (const [index, step] of plan.entries()) {
      now += stepMs;
      if (stepMs > 0) for (const [pod, { heard }] of pods.entries()) if (heard) say(pod);
      book.expire(now);
      if (step.do === 'ask') {
        const handedOut = (pod: number) => flying.filter((attempt) => attempt.pod === pod).length;
        const free = pods.map(({ limit, taken, draining, heard }, pod) =>
          heard && !draining ? Math.max(0, limit - taken - handedOut(pod)) : 0,
        );
        if (stepMs === 0) expect(book.freeSlots).toBe(free.reduce((sum, slots) => sum + slots, 0));
        const chosen = book.handOut(`${index}`, 4, random, now).map(Number);
        if (stepMs === 0) {
          expect(new Set(chosen).size).toBe(chosen.length);
          expect(chosen.length).toBe(Math.min(4, free.filter((slots) => slots > 0).length));
          expect(chosen.map((pod) => free[pod])).toEqual(
            free
              .filter((slots) => slots > 0)
              .sort((a, b) => b - a)
              .slice(0, 4),
          );
        }
        const [pod] = chosen;
        if (pod !== undefined) flying.push({ id: `${index}`, pod });
      } else if (step.do === 'arrive') {
        const [attempt] = flying.splice(step.which % (flying.length || 1), 1);
        const pod = attempt && pods[attempt.pod];
        if (!attempt || !pod) continue;
        // It may be draining since; it has a slot all the same.
        if (pod.taken >= pod.limit) refused++;
        else {
          pod.taken++;
          open.push(attempt.pod);
          if (pod.heard) say(attempt.pod, attempt.id);
        }
      } else if (step.do === 'close') {
        const [pod] = open.splice(step.which % (open.length || 1), 1);
        if (pod === undefined) continue;
        (pods[pod] as (typeof pods)[number]).taken--;
        if (pods[pod]?.heard) say(pod);
      } else if (step.do === 'drain') {
        const pod = step.which % pods.length;
        const of = pods[pod] as (typeof pods)[number];
        of.draining = !of.draining;
        if (of.heard) say(pod);
      } else {
        // Cut, or back; what arrived meanwhile was not told, so that its hand-out still counts until its time is over.
        const pod = step.which % pods.length;
        const of = pods[pod] as (typeof pods)[number];
        if (of.heard && !flying.some((attempt) => attempt.pod === pod)) {
          book.ended(streams[pod] as Stream, `${pod}`);
          of.heard = false;
        } else if (!of.heard) {
          streams[pod] = { number: ++number };
          of.heard = true;
          say(pod);
        }
      }
    }
    return refused;
  }

  // Not fc.double: that is nearly always too small to choose anything but the first.
  const random = fc.infiniteStream(fc.nat(999).map((thousandths) => thousandths / 1000));
  const next = (stream: Iterator<number>) => () => stream.next().value as number;

  test('never more handed out than free, those with most free slots first', () => {
    fc.assert(
      fc.property(fleet, steps, random, (limits, plan, numbers) => {
        expect(run(limits, plan, next(numbers), 0)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('control: hand-outs that do not count while they fly meet full pods', () => {
    const plan = [
      ...Array.from({ length: 3 }, () => ({ do: 'ask' as const })),
      ...Array.from({ length: 3 }, () => ({ do: 'arrive' as const, which: 0 })),
    ];
    expect(run([2], plan, Math.random, 0)).toBe(0);
    expect(run([2], plan, Math.random, 2000)).toBe(1);
  });
});

test('equals are chosen at random, whoever came first', () => {
  const chosen = [0, 0, 0, 0];
  for (let round = 0; round < 2000; round++) {
    const { book } = bookOf(4);
    const [first] = book.handOut('x', 1, Math.random, 0);
    chosen[Number(first)] = (chosen[Number(first)] ?? 0) + 1;
  }
  // 500 each; six standard deviations are 116.
  for (const times of chosen) expect(Math.abs(times - 500)).toBeLessThan(116);
});

describe('hand-outs', () => {
  test('one that nobody confirms counts for two seconds', () => {
    const { book, say } = bookOf(1, 1);
    expect(book.handOut('a', 4, Math.random, 0)).toEqual(['0']);
    say(0, 0, 1999);
    book.expire(1999);
    expect([book.freeSlots, book.outstanding]).toEqual([0, 1]);
    book.expire(2000);
    expect([book.freeSlots, book.outstanding]).toEqual([1, 0]);
  });

  test('it is settled wherever it went, once', () => {
    const { book, say } = bookOf(2, 1);
    const [first] = book.handOut('a', 4, Math.random, 0);
    const other = first === '0' ? 1 : 0;
    expect(book.freeSlots).toBe(1);
    expect(say(other, 1, 1, { opened: 'a' })).toMatchObject({ foreign: false });
    expect([book.freeSlots, book.takenSlots, book.outstanding]).toEqual([1, 1, 0]);
    say(other, 0, 1);
    expect(say(other, 1, 1, { opened: 'a' })).toMatchObject({ foreign: true });
  });

  test('what a pod says again is no news', () => {
    const { book, say, streams } = bookOf(1);
    expect(say(0, 1, 1, { opened: 'a' })).toMatchObject({ foreign: true });
    expect(say(0, 1, 2, { opened: 'a' })).toMatchObject({ foreign: false });
    expect(say(0, 0, 3, { opened: 'a' })).toMatchObject({ foreign: false });
    expect(say(0, 1, 4, { opened: 'b' })).toMatchObject({ foreign: true });
    // Of another stream nobody knows what it said before.
    book.ended(streams[0] as Stream, '0');
    streams[0] = { number: 9 };
    expect(say(0, 1, 5, { opened: 'c' })).toMatchObject({ foreign: true });
  });

  test('what is confirmed late is not taken for somebody else’s', () => {
    const { book, say } = bookOf(1);
    book.handOut('a', 4, Math.random, 0);
    book.handOut('b', 4, Math.random, 0);
    book.expire(4999);
    expect(say(0, 1, 4999, { opened: 'a' })).toMatchObject({ foreign: false });
    book.expire(5000);
    expect(say(0, 2, 5000, { opened: 'b' })).toMatchObject({ foreign: true });
    // The later of two of one request is remembered for its own time.
    say(0, 0, 5000);
    book.handOut('c', 4, Math.random, 5000);
    say(0, 0, 7500);
    book.expire(9000);
    book.handOut('c', 4, Math.random, 9000);
    book.expire(10_000);
    expect(say(0, 0, 10_000, { opened: 'c' })).toMatchObject({ foreign: false });
  });

  test('clients that all name their request alike count as any others', () => {
    const { book, say } = bookOf(4);
    const chosen = Array.from({ length: 6 }, () => Number(book.handOut('a', 4, Math.random, 0)[0]));
    expect([book.freeSlots, book.outstanding]).toEqual([2, 6]);
    const taken = [0, 0, 0, 0];
    for (const pod of chosen.toReversed()) {
      const now = (taken[pod] ?? 0) + 1;
      taken[pod] = now;
      expect(say(pod, now, 1, { opened: 'a' })).toMatchObject({ foreign: false });
    }
    expect([book.freeSlots, book.takenSlots, book.outstanding]).toEqual([2, 6, 0]);
    // A seventh was handed out by somebody else.
    const other = taken.findIndex((slots) => slots < 2);
    expect(say(other, 2, 1, { opened: 'a' })).toMatchObject({ foreign: true });
  });

  test('a hundred thousand of one name cost no more than of as many', () => {
    const { book, say } = bookOf(1, 100_000);
    const startedMs = performance.now();
    for (let n = 0; n < 100_000; n++) book.handOut('a', 1, Math.random, 0);
    for (let n = 1; n <= 50_000; n++) say(0, n, 1, { opened: 'a' });
    expect(book.outstanding).toBe(50_000);
    book.expire(5000);
    expect(book.outstanding).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  test('each of them for its own time', () => {
    const { book, say } = bookOf(1, 3);
    book.handOut('a', 4, Math.random, 0);
    book.handOut('a', 4, Math.random, 1000);
    book.expire(2000);
    expect(book.outstanding).toBe(1);
    expect(say(0, 1, 2500, { opened: 'a' })).toMatchObject({ foreign: false });
    expect(book.outstanding).toBe(1);
    book.expire(3000);
    expect(book.outstanding).toBe(0);
    expect(say(0, 2, 5500, { opened: 'a' })).toMatchObject({ foreign: false });
    expect(say(0, 3, 5500, { opened: 'a' })).toMatchObject({ foreign: true });
  });

  test('they still count when their pod comes back on a new stream', () => {
    const { book, streams } = bookOf(1);
    book.handOut('a', 4, Math.random, 0);
    book.ended(streams[0] as Stream, '0');
    expect(book.freeSlots).toBe(0);
    book.report({ number: 9 }, '0', report(0), 200);
    expect(book.freeSlots).toBe(1);
    book.expire(2000);
    expect(book.freeSlots).toBe(2);
  });

  test('many are forgotten in time', () => {
    const { book } = bookOf(1, 100_000);
    for (let now = 0; now < 20_000; now++) {
      book.report({ number: 1 }, '0', report(0, { limit: 100_000 }), now);
      book.expire(now);
      book.handOut(`${now}`, 1, Math.random, now);
      expect(book.outstanding).toBe(Math.min(now + 1, 2000));
    }
  });
});

describe('pods', () => {
  test('one that has said nothing for three seconds is offered to nobody, until it speaks', () => {
    const gone: string[] = [];
    const { book, say } = bookOf(2, 2, {
      heard: () => {},
      gone: (pod, why) => void gone.push(`${pod} ${why}`),
    });
    say(1, 0, 1000);
    book.expire(2999);
    expect(book.pods).toBe(2);
    book.expire(3000);
    expect(gone).toEqual(['0 silent']);
    expect(book.handOut('a', 4, Math.random, 3000)).toEqual(['1']);
    say(0, 1, 3500);
    expect([book.pods, book.freeSlots, book.takenSlots]).toEqual([2, 2, 1]);
  });

  test('the rest of an old stream and its end change nothing', () => {
    const { book, streams } = bookOf(1);
    book.report({ number: 9 }, '0', report(1), 10);
    book.report(streams[0] as Stream, '0', report(0), 11);
    expect(book.freeSlots).toBe(1);
    book.ended(streams[0] as Stream, '0');
    expect(book.pods).toBe(1);
  });

  test('one that says more are taken than it has is full, not less', () => {
    const { book, say } = bookOf(2);
    say(0, 7, 1);
    expect(book.freeSlots).toBe(2);
    say(0, 1, 2);
    expect(book.freeSlots).toBe(3);
  });

  test('those that come and go leave nothing behind', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const book = new Book(silent);
    const come = (from: number, to: number) => {
      for (let pod = from; pod < to; pod++) {
        const stream = { number: pod };
        book.report(stream, `${pod}`, report(0), pod);
        book.handOut(`${pod}`, 1, Math.random, pod);
        book.ended(stream, `${pod}`);
        book.expire(pod);
      }
      collect();
      return process.memoryUsage().heapUsed;
    };
    const before = come(0, 20_000);
    // A pod that is remembered takes some 200 bytes.
    expect(come(20_000, 200_000) - before).toBeLessThan(5_000_000);
    expect([book.pods, book.freeSlots, book.takenSlots]).toEqual([0, 0, 0]);
  });

  test('a limit of a million slots costs no more than one of two', () => {
    const { book, say } = bookOf(2, 1_000_000);
    const startedMs = performance.now();
    for (let round = 0; round < 20_000; round++) {
      say(0, round % 2 ? 999_999 : 0, 0);
      say(1, round % 2 ? 999_999 : 0, 0);
      book.handOut('x', 4, Math.random, 0);
    }
    expect(performance.now() - startedMs).toBeLessThan(2000);
  });

  test('10,000 pods: 20,000 slots are all found, each once, in constant time', () => {
    const { book } = bookOf(10_000);
    const startedMs = performance.now();
    const taken = new Map<string, number>();
    for (let n = 0; n < 20_000; n++) {
      const [pod = ''] = book.handOut(`${n}`, 4, Math.random, 0);
      taken.set(pod, (taken.get(pod) ?? 0) + 1);
    }
    // A look at each pod would be 2 × 10^8 of them.
    expect(performance.now() - startedMs).toBeLessThan(2000);
    expect([...taken.values()].every((slots) => slots === 2)).toBe(true);
    expect([taken.size, book.freeSlots, book.handOut('x', 4, Math.random, 0)]).toEqual([10_000, 0, []]);
  });
});
