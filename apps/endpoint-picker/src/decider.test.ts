import { describe, expect, test } from 'vitest';
import { Decider } from './decider.ts';

const silent = { heard: () => {}, gone: () => {} };

/** A decider with pods of two slots that has settled; its clock stands at 10 s. */
function settled(rates: { all?: number; client?: number } = {}, pods = 1, random = Math.random) {
  const decider = new Decider(
    {
      newConnectionsPerSecond: rates.all ?? 1,
      ...(rates.client !== undefined && { newConnectionsPerSecondPerClient: rates.client }),
      settleSeconds: 1,
    },
    random,
    0,
    silent,
  );
  let now = 0;
  const streams = Array.from({ length: pods }, (_, number) => ({ number }));
  const say = (pod: number, taken: number, opened?: string) =>
    decider.report(
      streams[pod] ?? expect.fail(),
      `pod${pod}`,
      { port: 80, limit: 2, taken, draining: false, ...(opened !== undefined && { opened }) },
      now,
    );
  const at = (atMs: number) => {
    while (now < atMs) {
      now = Math.min(now + 100, atMs);
      decider.tick(now);
    }
  };
  const everybody = () => Array.from({ length: pods }, (_, pod) => say(pod, 0));
  const ask = (requestId: string, client = 'c') => decider.decide({ requestId, client }, now);
  at(9000);
  everybody();
  at(10_000);
  everybody();
  return { decider, say, everybody, at, ask, kind: (id: string, client?: string) => ask(id, client).kind };
}

describe('the rate', () => {
  test('an attempt within the interval is told how long to wait, one at its end is admitted', () => {
    const { at, ask, kind } = settled();
    expect(kind('a')).toBe('picked');
    at(10_999);
    expect(ask('b')).toEqual({ kind: 'rate', waitMs: 1, of: 'all' });
    at(11_000);
    expect(kind('c')).toBe('picked');
  });

  test('a refusal because all is full costs no token', () => {
    const { at, say, kind } = settled();
    say(0, 2);
    at(11_000);
    expect(kind('a')).toBe('full');
    say(0, 1);
    expect(kind('b')).toBe('picked');
    // Control: one for the rate would have been next.
    say(0, 0);
    expect(kind('c')).toBe('rate');
  });

  test('what the rate of its client refuses costs no token of all, and the other way round', () => {
    const { at, ask, kind } = settled({ all: 1, client: 0.1 }, 4);
    expect(kind('a', 'eager')).toBe('picked');
    at(11_000);
    expect(ask('b', 'eager')).toEqual({ kind: 'rate', waitMs: 9000, of: 'client' });
    expect(kind('c', 'other')).toBe('picked');
    expect(kind('d', 'third')).toBe('rate');
    at(12_000);
    expect(kind('e', 'third')).toBe('picked');
  });

  test('what another picker or an edge admitted moves it on, what it admitted itself does not', () => {
    const { at, say, kind } = settled({}, 2);
    at(10_500);
    say(0, 1, 'of another');
    at(11_549);
    expect(kind('a')).toBe('rate');
    at(11_600);
    expect(kind('b')).toBe('picked');
    at(12_500);
    say(1, 1, 'b');
    at(12_600);
    expect(kind('c')).toBe('picked');
  });

  test('a standby that takes over admits nobody within the interval', () => {
    const first = settled();
    const standby = settled();
    expect(first.kind('a')).toBe('picked');
    standby.at(10_010);
    standby.say(0, 1, 'a');
    standby.at(10_600);
    expect(standby.kind('b')).toBe('rate');
    // Control: one that is not told would admit.
    const deaf = settled();
    deaf.at(10_600);
    expect(deaf.kind('b')).toBe('picked');
  });

  test.for([1, 4, 20])('two that are asked at once, at %d a second: no more than one alone', (perSecond) => {
    let drawn = 0;
    const random = () => (++drawn * 0.618034) % 1;
    const pickers = [0, 1].map(() => settled({ all: perSecond }, 50, random));
    const heard: { atMs: number; pod: number; requestId: string }[] = [];
    const seconds = 20;
    let admitted = 0;
    for (let nowMs = 10_000; nowMs < 10_000 + seconds * 1000; nowMs++) {
      for (const { at } of pickers) at(nowMs);
      while (heard[0] && heard[0].atMs <= nowMs) {
        const { pod, requestId } = heard.shift() as (typeof heard)[number];
        for (const { say } of pickers) say(pod, 1, requestId);
      }
      // Nobody stays, and each is asked every few milliseconds.
      if (nowMs % 500 === 0) for (const { everybody } of pickers) everybody();
      for (const [n, { ask }] of pickers.entries()) {
        if ((nowMs + 3 * n) % 7 > 0) continue;
        const answer = ask(`${n} ${nowMs}`);
        if (answer.kind !== 'picked') continue;
        const pod = Number(answer.endpoints[0]?.slice('pod'.length));
        heard.push({ atMs: nowMs + 5, pod, requestId: `${n} ${nowMs}` });
        admitted++;
      }
    }
    // Both at the start, before they hear of each other.
    expect(admitted).toBeLessThanOrEqual(perSecond * seconds + 2);
    expect(admitted).toBeGreaterThan(0.85 * perSecond * seconds);
  });

  test('a pod that names the same request again and again keeps nobody out', () => {
    const { at, say, kind } = settled();
    for (let now = 10_000; now <= 11_200; now += 200) {
      at(now);
      say(0, 1, 'of another');
    }
    expect(kind('a')).toBe('picked');
  });

  test('a fresh one counts an admission of somebody else just before its start', () => {
    const decider = new Decider(
      { newConnectionsPerSecond: 0.5, settleSeconds: 0 },
      Math.random,
      5000,
      silent,
    );
    decider.report({ number: 1 }, 'pod', { port: 80, limit: 2, taken: 0, draining: false }, 5000);
    expect(decider.decide({ requestId: 'a' }, 5500)).toEqual({ kind: 'rate', waitMs: 1500, of: 'all' });
  });
});

describe('readiness', () => {
  function fresh() {
    const decider = new Decider({ newConnectionsPerSecond: 1000, settleSeconds: 1 }, Math.random, 0, silent);
    const say = (pod: number, now: number) =>
      decider.report({ number: pod }, `pod${pod}`, { port: 80, limit: 1, taken: 0, draining: false }, now);
    return { decider, say };
  }

  /** What it is at each moment, while it looks around in time. */
  function walk(decider: Decider, moments: Record<number, () => void>, untilMs: number) {
    const seen: Record<number, string | undefined> = {};
    for (let now = 0; now <= untilMs; now += 100) {
      moments[now]?.();
      decider.tick(now);
      seen[now] = decider.unready(now) ?? 'ready';
    }
    return seen;
  }

  test('once its pods have not become more for a second', () => {
    const { decider, say } = fresh();
    const seen = walk(decider, { 300: () => say(1, 300), 1000: () => say(2, 1000) }, 2100);
    expect(seen).toMatchObject({ 200: 'no pod', 300: 'settling', 1900: 'settling', 2000: 'ready' });
  });

  /** One pod more every 0.9 s, each of which then says something twice a second. */
  function growing(say: (pod: number, now: number) => void, untilMs: number) {
    const moments: Record<number, () => void> = {};
    for (let now = 0; now <= untilMs; now += 100) {
      moments[now] = () => {
        for (let pod = 0; pod * 900 <= now; pod++) if ((now - pod * 900) % 500 === 0) say(pod, now);
      };
    }
    return moments;
  }

  test('not while pods are still to come, however long that takes', () => {
    const { decider, say } = fresh();
    const seen = walk(decider, growing(say, 20_000), 20_000);
    expect(Object.values(seen).filter((each) => each !== 'settling')).toEqual([]);
    expect(decider.book.pods).toBe(23);
    expect(decider.decide({ requestId: 'a' }, 20_050)).toEqual({ kind: 'unready', why: 'settling' });
  });

  test('after a minute of that in any case', () => {
    const { decider, say } = fresh();
    const seen = walk(decider, growing(say, 61_000), 61_000);
    expect(seen).toMatchObject({ 59900: 'settling', 60000: 'ready', 61000: 'ready' });
  });

  test('a pod that goes and comes back holds it off no longer, and changes nothing later', () => {
    const { decider, say } = fresh();
    const report = { port: 80, limit: 1, taken: 0, draining: false };
    const moments: Record<number, () => void> = {};
    let stream = { number: 0 };
    for (let now = 0; now <= 9000; now += 200) {
      moments[now] = () => {
        say(1, now);
        if (now % 400 === 0) {
          stream = { number: now };
          decider.report(stream, 'flapping', report, now);
        } else decider.book.ended(stream, 'flapping');
      };
    }
    const seen = walk(decider, moments, 9000);
    expect(seen).toMatchObject({ 900: 'settling', 1000: 'ready', 5000: 'ready', 9000: 'ready' });
    expect(decider.book.pods).toBe(1);
  });

  test('without a pod no more, and afterwards from the beginning', () => {
    const { decider, say } = fresh();
    const seen = walk(decider, { 0: () => say(1, 0), 3500: () => say(1, 3500) }, 4600);
    expect(seen).toMatchObject({ 2900: 'ready', 3000: 'no pod', 3500: 'settling', 4500: 'ready' });
  });

  test('after it was stopped, not before it has heard what came in meanwhile', () => {
    const { decider, say } = fresh();
    walk(decider, { 0: () => say(1, 0), 2000: () => say(1, 2000) }, 2500);
    expect(decider.decide({ requestId: 'a' }, 9000)).toEqual({ kind: 'unready', why: 'stalled' });
    decider.tick(9001);
    // What it has not heard while it was stopped is no silence.
    expect(decider.book.pods).toBe(1);
    expect(decider.decide({ requestId: 'a' }, 9050)).toEqual({ kind: 'unready', why: 'stalled' });
    say(1, 9060);
    decider.tick(9101);
    expect(decider.decide({ requestId: 'a' }, 9110)).toMatchObject({ kind: 'picked' });
  });

  test('while it is not ready, nothing is handed out and no token is spent', () => {
    const { decider, say } = fresh();
    say(1, 0);
    expect(decider.decide({ requestId: 'a' }, 500)).toEqual({ kind: 'unready', why: 'settling' });
    expect(decider.book.outstanding).toBe(0);
  });
});
