import { type AccessLogLine, defaultLimits, type Limits } from '@envoy-poc/edge';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Exactness, type PickerState } from './exactness.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const pods = ['127.0.1.1:8080', '127.0.1.2:8080'];
const limit = 2;
const slots = new Map(pods.map((pod) => [pod, limit]));
let requests = 0;

/** A line of an upgrade that began and was answered so many milliseconds after the start; left out: opened as picked. */
function upgrade(from: number, took: number, fields: Partial<AccessLogLine> = {}): AccessLogLine {
  return {
    ...{ time: new Date(start + Math.floor(from)).toISOString(), duration_ms: Math.floor(took) },
    ...{ type: 'DownstreamTunnelSuccessfullyEstablished', code: 101, flags: '-', details: 'via_upstream' },
    ...{ edge: 'edge-1', client: '127.0.3.1', peer: '', method: 'GET', path: '/', upgrade: 'websocket' },
    ...{ upstream: pods[0] as string, attempts: 1, route: 'picked', request_id: `${requests++}` },
    ...{ bytes_received: 0, bytes_sent: 0, ...fields },
  };
}
const refusal = { type: 'DownstreamEnd', upstream: null, attempts: null, route: 'upgrade' } as const;
const byRate = { ...refusal, code: 429, flags: 'UAEX', details: 'ext_authz_denied' };
const full = { ...byRate, code: 503 };
const byShare = { route: 'upgrade' };

function judge(lines: AccessLogLine[], limits: Partial<Limits> = {}, inService = slots): PickerState {
  const exactness = new Exactness({
    limits: { ...defaultLimits, ...limits },
    ...{ sinceMs: start, clockMs: 0 },
  });
  for (const line of lines) exactness.line(line);
  return exactness.judge(start + 1e7, inService);
}
const right = { wrong: 0, example: undefined };

describe('admissions', () => {
  test('are an interval apart if they can have been', () => {
    const { picked } = judge([upgrade(0, 30), upgrade(1000, 5), upgrade(1990, 15)]);
    expect(picked).toMatchObject({ total: 3, tooSoon: 0, smallestGap: { least: 968, most: 1007 } });
  });

  test('control: one is too soon, whatever moments they were', () => {
    expect(judge([upgrade(0, 3), upgrade(990, 3)]).picked).toMatchObject({ tooSoon: 1, worst: { by: 5 } });
  });

  test('also count where no pod took them, or the client was gone', () => {
    const refused = { ...refusal, route: 'picked', code: 503, upstream: pods[0] as string, attempts: 4 };
    const gone = { ...refusal, route: 'picked', code: 0, flags: 'DC' };
    expect(judge([upgrade(0, 3), upgrade(500, 3, refused)]).picked.tooSoon).toBe(1);
    expect(judge([upgrade(0, 3), upgrade(500, 3, gone)]).picked.tooSoon).toBe(1);
  });

  test('by shares are told apart, and their refusals are none', () => {
    const { picked, byShare: shares } = judge([
      upgrade(0, 3),
      ...[100, 200, 300].map((at) => upgrade(at, 3, byShare)),
      upgrade(400, 3, { ...refusal, code: 429, flags: 'RL' }),
    ]);
    expect(picked).toMatchObject({ total: 1, tooSoon: 0 });
    expect(shares).toEqual({ total: 3, worstSecond: 3 });
  });
});

describe('a refusal by rate', () => {
  test.each<[string, AccessLogLine[]]>([
    ['less than an interval after an admission', [upgrade(5000, 3), upgrade(5999, 2, byRate)]],
    ['during one', [upgrade(5000, 50), upgrade(4990, 20, byRate)]],
    [
      'after one by a share, of which the pickers hear',
      [upgrade(5000, 3, byShare), upgrade(5900, 2, byRate)],
    ],
    [
      'after an attempt that went on without the answer',
      [upgrade(5000, 3, byShare), upgrade(6900, 2, byRate)],
    ],
    ['before anything was seen', [upgrade(900, 2, byRate)]],
  ])('%s is right', (_, lines) => {
    expect(judge(lines).rate).toMatchObject(right);
  });

  test('control: any other is wrong', () => {
    expect(judge([upgrade(5000, 3), upgrade(6300, 2, byRate)]).rate).toEqual({
      ...{ refused: 1, judged: 1, wrong: 1 },
      example: '429 to 127.0.3.1 at edge-1, 2026-01-01T00:00:06.300Z, 1.29 s after the last admission',
    });
    expect(judge([upgrade(6300, 2, byRate)]).rate).toMatchObject({ wrong: 1 });
  });

  test('of one client is right for its own interval, and control: not for that of others', () => {
    const limits = { newConnectionsPerSecondPerClient: 0.1 };
    const other = { client: '127.0.3.2' };
    const refused = upgrade(28_000, 2, byRate);
    expect(judge([upgrade(20_000, 3), refused], limits).rate).toMatchObject(right);
    expect(judge([upgrade(20_000, 3, other), refused], limits).rate).toMatchObject({ wrong: 1 });
  });
});

describe('a refusal for full', () => {
  const filled = [0, 1100, 2200, 3300].map((at, n) => upgrade(at, 3, { upstream: pods[n % 2] as string }));
  const [first] = filled as [AccessLogLine];
  /** The first connection ends after so many milliseconds. */
  const closed = (after: number) => ({ ...first, type: 'DownstreamEnd' as const, duration_ms: after });

  test('while all slots are taken is right, and so is one before its end was heard of', () => {
    const refused = upgrade(9000, 3, full);
    expect(judge([...filled, refused]).full).toEqual({ refused: 1, judged: 1, ...right });
    expect(judge([...filled, closed(8900), refused]).full).toMatchObject(right);
  });

  test('control: with a slot free for longer, it is wrong', () => {
    const refused = upgrade(9000, 3, full);
    expect(judge([...filled, closed(8000), refused]).full).toEqual({
      ...{ refused: 1, judged: 1, wrong: 1 },
      example: '503 to 127.0.3.1 at edge-1, 2026-01-01T00:00:09.000Z, with 1 free all the time',
    });
    expect(judge([...filled.slice(1), refused]).full).toMatchObject({ wrong: 1 });
  });

  test('also by pods that the picker named', () => {
    const refused = { ...refusal, route: 'picked', code: 503, upstream: pods[0] as string, attempts: 2 };
    expect(judge([...filled, upgrade(9000, 3, refused)]).full).toEqual({ refused: 1, judged: 1, ...right });
    expect(judge([...filled.slice(1), upgrade(9000, 3, refused)]).full).toMatchObject({ wrong: 1 });
  });

  test('is right while the free slot may be handed out, or its pod is not in service', () => {
    const refused = upgrade(9000, 3, full);
    const gone = upgrade(8000, 3, { ...refusal, route: 'picked', code: 0, flags: 'DC' });
    expect(judge([...filled.slice(1), gone, refused]).full).toMatchObject(right);
    expect(judge([...filled.slice(1), { ...gone, time: first.time }, refused]).full).toMatchObject({
      wrong: 1,
    });
    const inService = new Map([[pods[1] as string, limit]]);
    expect(judge([...filled.slice(1), refused], {}, inService).full).toMatchObject(right);
  });
});

/** What a picker may do wrong. */
interface Fault {
  /** Milliseconds between its admissions. */
  interval?: number;
  /** How long it refuses after one. */
  refusing?: number;
  /** Slots of a pod of which it knows nothing. */
  blind?: number;
}

const attempts = fc.array(
  fc.record({
    pause: fc.integer({ min: 0, max: 900 }),
    before: fc.double({ min: 0, max: 60, noNaN: true }),
    after: fc.double({ min: 0, max: 60, noNaN: true }),
    stays: fc.integer({ min: 0, max: 20_000 }),
    news: fc.double({ min: 0, max: 100, noNaN: true }),
  }),
  { minLength: 80, maxLength: 80 },
);
type Attempts = typeof attempts extends fc.Arbitrary<infer T> ? T : never;

/** What the edges log while a picker decides about attempts, each somewhere between its start and its answer. */
function logOf(
  all: Attempts,
  { interval = 1000, refusing = interval, blind = 0 }: Fault = {},
): AccessLogLine[] {
  const lines: AccessLogLine[] = [];
  /** Until when the picker believes each slot of a pod taken. */
  const known = pods.map(() => Array.from({ length: limit - blind }, () => 0));
  let [now, next] = [3000, 0];
  for (const { pause, before, after, stays, news } of all) {
    now += pause;
    const [from, took] = [now - before, before + after];
    const pod = known.findIndex((ofPod) => ofPod.some((until) => until <= now));
    const taken = known[pod];
    if (taken === undefined) lines.push(upgrade(from, took, full));
    else if (now < next) lines.push(upgrade(from, took, byRate));
    else {
      next = now + refusing;
      taken[taken.findIndex((until) => until <= now)] = now + after + stays + news;
      const opened = upgrade(from, took, { upstream: pods[pod] as string });
      lines.push(opened, { ...opened, type: 'DownstreamEnd', duration_ms: Math.floor(took + stays) });
    }
  }
  return lines;
}

/** Whether all that a picker did was right. */
function allRight(lines: AccessLogLine[]): boolean {
  const { picked, rate, full: refusedFull } = judge(lines);
  return picked.tooSoon + rate.wrong + refusedFull.wrong === 0;
}

test('a right picker is never blamed, however late it decides and hears', () => {
  fc.assert(fc.property(attempts, (all) => allRight(logOf(all))));
});

test.each<[string, Fault, keyof PickerState]>([
  ['admits too soon', { interval: 800 }, 'picked'],
  ['refuses for too long', { refusing: 2000 }, 'rate'],
  ['has a blind spot', { blind: 1 }, 'full'],
])('control: one that %s is found', (_, fault, where) => {
  const all = fc.sample(attempts, { numRuns: 10, seed: 1 });
  const found = all.map((each) => judge(logOf(each, fault)));
  expect(found.filter((state) => JSON.stringify(state[where]).match(/"(wrong|tooSoon)":[1-9]/)).length).toBe(
    10,
  );
});
