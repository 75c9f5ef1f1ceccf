import { type AccessLogLine, defaultLimits } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { admissionsIn } from './logs.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const pod = '10.0.0.1:8080';
const limits = { ...defaultLimits, newConnectionsPerSecond: 1 };

/** A line that an edge wrote so many seconds after the start, of an upgrade 3 ms before. */
function line(seconds: number, fields: Partial<AccessLogLine> = {}): string {
  return JSON.stringify({
    ...{ time: new Date(start + seconds * 1000 - 3).toISOString(), duration_ms: 3, edge: 'a', client: 'c' },
    ...{ type: 'DownstreamTunnelSuccessfullyEstablished', upgrade: 'websocket', code: 101, flags: '-' },
    ...{ upstream: pod, attempts: 1, route: 'picked', request_id: `${seconds}`, ...fields },
  });
}
const refused = { type: 'DownstreamEnd', flags: 'UAEX', upstream: null, route: 'upgrade' } as const;
const byRate = { ...refused, code: 429 };
const full = { ...refused, code: 503 };
const end = line(30, { ...byRate, client: 'last' });

/** What is wrong by the lines of two edges, with so many connections open before and after. */
function wrongOf(lines: string[], open = [2, 2]) {
  const logs = new Map([
    ['a', lines],
    ['b', ['[info] starting', end]],
  ]);
  const { picked, rate, full } = admissionsIn(logs, limits, [{ address: pod, limit: 2, open }]);
  return { tooSoon: picked.tooSoon, rate: rate.wrong, full: full.wrong };
}
const nothing = { tooSoon: 0, rate: 0, full: 0 };

test('an admission a second, and refusals that are true', () => {
  expect(wrongOf([line(1), line(2), line(2.5, byRate), line(9, full)])).toEqual(nothing);
});

test('connections from before the window take slots, until they end in it', () => {
  const before = { type: 'DownstreamEnd', time: new Date(start - 60_000).toISOString() } as const;
  const ends = (seconds: number) => line(0, { ...before, duration_ms: 60_000 + seconds * 1000 });
  expect(wrongOf([line(1, full), line(9, full)])).toEqual(nothing);
  expect(wrongOf([line(1, full), ends(10), line(12, full)], [1, 1])).toEqual({ ...nothing, full: 1 });
  expect(wrongOf([line(1, full), ends(10), line(9, full)], [1, 1])).toEqual(nothing);
});

test('of two counts of a pod the one with more connections is believed', () => {
  expect(wrongOf([line(1, full)], [1, 2])).toEqual(nothing);
});

test.each([
  [{ tooSoon: 1 }, [line(1), line(1.5)]],
  [{ rate: 1 }, [line(1), line(5, byRate)]],
  [{ full: 1 }, [line(1, { ...byRate, client: 'first' }), line(5, full)], [1, 1]],
])('control: %j', (found, lines, open = [2, 2]) => {
  expect(wrongOf(lines, open)).toEqual({ ...nothing, ...found });
});

test('nodes whose clocks differ a little make no breach', () => {
  expect(wrongOf([line(1), line(1.98)])).toEqual(nothing);
});
