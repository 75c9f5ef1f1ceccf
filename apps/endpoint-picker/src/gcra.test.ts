import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientGcras, Gcra } from './gcra.ts';

const perSecond = fc.constantFrom(0.1, 0.3, 1, 2, 3, 7, 1000, 1e6);
/** Waits between attempts, in intervals. */
const waits = fc.array(
  fc.oneof(fc.constantFrom(0, 0.5, 1, 2), fc.double({ min: 0, max: 2.5, noNaN: true })),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe('the rate of all', () => {
  /** When of the attempts are admitted, and whether each that came an interval or more after the last was. */
  function run(
    rate: number,
    steps: number[],
    limiter: { waitMs(at: number): number; admitted(at: number): void },
  ) {
    const intervalMs = 1000 / rate;
    let now = 0;
    let lastMs = 0;
    let smallestGapMs = Number.POSITIVE_INFINITY;
    let missed = 0;
    for (const step of steps) {
      now += step * intervalMs;
      const due = now >= lastMs + intervalMs;
      if (limiter.waitMs(now) === 0) {
        limiter.admitted(now);
        if (!due) smallestGapMs = Math.min(smallestGapMs, now - lastMs);
        lastMs = now;
      } else if (due) missed++;
    }
    return { early: smallestGapMs < intervalMs, missed };
  }

  test('no two admissions within an interval, and none missed', () => {
    fc.assert(
      fc.property(perSecond, waits, (rate, steps) => {
        expect(run(rate, steps, new Gcra(rate, 0))).toEqual({ early: false, missed: 0 });
      }),
    );
  });

  test('control: counting by calendar intervals admits two a moment apart', () => {
    class Calendar {
      #window = -1;
      waitMs(at: number) {
        return Math.floor(at / 1000) > this.#window ? 0 : 1;
      }
      admitted(at: number) {
        this.#window = Math.floor(at / 1000);
      }
    }
    expect(run(1, [1.9, 0.2], new Calendar())).toMatchObject({ early: true });
  });

  test('it says how long to wait, and waiting so long is enough', () => {
    fc.assert(
      fc.property(perSecond, waits, (rate, steps) => {
        const gcra = new Gcra(rate, 0);
        let now = 0;
        for (const step of steps) {
          now += (step * 1000) / rate;
          if (gcra.waitMs(now) === 0) gcra.admitted(now);
          expect(gcra.waitMs(now + gcra.waitMs(now))).toBeLessThan(1e-6);
        }
      }),
    );
  });

  test('an admission elsewhere moves it on', () => {
    const gcra = new Gcra(1, 0);
    gcra.admitted(1500);
    expect([gcra.waitMs(2499), gcra.waitMs(2500)]).toEqual([1, 0]);
  });
});

describe('the rate of each client', () => {
  const attempts = fc.array(fc.record({ waitMs: fc.nat(700), client: fc.nat(7) }), { maxLength: 120 });

  interface Limiter {
    waitMs(client: string, at: number): number;
    admitted(client: string, at: number): void;
  }

  /** Whether a client was admitted twice within a second. */
  function anyEarly(steps: { waitMs: number; client: number }[], limiter: Limiter, most?: number): boolean {
    const last = new Map<string, number>();
    let now = 0;
    let early = false;
    for (const { waitMs, client: number } of steps) {
      now += waitMs;
      const client = `${number}`;
      if (limiter.waitMs(client, now) > 0) continue;
      limiter.admitted(client, now);
      early ||= now - (last.get(client) ?? Number.NEGATIVE_INFINITY) < 1000;
      last.set(client, now);
      if (most !== undefined) expect((limiter as ClientGcras).size).toBeLessThanOrEqual(most);
    }
    return early;
  }

  test('however small the table, no client is admitted twice within its interval', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), attempts, (most, steps) => {
        expect(anyEarly(steps, new ClientGcras(1, most), most)).toBe(false);
      }),
    );
  });

  test('control: a table that forgets the oldest client admits early', () => {
    class Forgetful {
      readonly next = new Map<string, number>();
      waitMs(client: string, at: number) {
        return Math.max(0, (this.next.get(client) ?? 0) - at);
      }
      admitted(client: string, at: number) {
        if (this.next.size >= 2) this.next.delete([...this.next.keys()][0] ?? '');
        this.next.set(client, at + 1000);
      }
    }
    const steps = [0, 1, 2, 0].map((client) => ({ waitMs: 1, client }));
    expect(anyEarly(steps, new Forgetful())).toBe(true);
    expect(anyEarly(steps, new ClientGcras(1, 2))).toBe(false);
  });

  test('with room, each client is admitted as soon as its own interval is over', () => {
    fc.assert(
      fc.property(attempts, (steps) => {
        const clients = new ClientGcras(1, 8);
        const alone = new Map<string, Gcra>();
        let now = 1000;
        for (const { waitMs, client: number } of steps) {
          now += waitMs;
          const client = `${number}`;
          const own = alone.get(client) ?? new Gcra(1, 0);
          alone.set(client, own);
          expect(clients.waitMs(client, now)).toBe(own.waitMs(now));
          if (own.waitMs(now) > 0) continue;
          own.admitted(now);
          clients.admitted(client, now);
        }
      }),
    );
  });

  test('a full table says when there is room again', () => {
    const clients = new ClientGcras(1, 1);
    clients.admitted('a', 0);
    expect(clients.waitMs('b', 400)).toBe(600);
    expect(clients.waitMs('b', 1000)).toBe(0);
    expect(clients.size).toBe(0);
  });
});
