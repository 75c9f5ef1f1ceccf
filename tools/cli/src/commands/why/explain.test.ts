import { type AccessLogLine, defaultLimits } from '@envoy-poc/edge';
import { describe, expect, test } from 'vitest';
import { Explainer } from './explain.ts';
import { paragraph } from './print.ts';
import { type Log, Records } from './records.ts';
import { at, edgeLine } from './testing.ts';

const text = (lines: readonly object[]) => lines.map((line) => JSON.stringify(line));

const names: Record<string, string> = { '127.0.3.1': 'client-1', '127.0.1.1:8080': 'pod-1' };

/** What is said about logs of one edge, one picker, two pods and one client. */
function explainerOf(said: {
  edge?: readonly AccessLogLine[];
  picker?: readonly object[];
  pods?: readonly (readonly object[])[];
  client?: readonly object[];
  more?: readonly Log[];
}): Explainer {
  const { edge = [], picker = [], pods = [], client = [], more = [] } = said;
  const logs: Log[] = [
    {
      writer: 'edge',
      name: 'edge-1',
      lines: ['[warning] not a line of the access log', ...text(edge), '{"half'],
    },
    { writer: 'picker', name: 'picker-1', lines: text(picker) },
    ...pods.map((lines, n): Log => ({ writer: 'server', name: `pod-${n + 1}`, lines: text(lines) })),
    { writer: 'client', name: 'client-1', lines: text(client) },
    ...more,
  ];
  return new Explainer(
    new Records({ logs, limitsOf: () => defaultLimits, nameOf: (address) => names[address] ?? address }),
  );
}

const none = { upstream: null, attempts: 0 };
const byPicker = { flags: 'UAEX', details: 'ext_authz_denied', route: 'upgrade', ...none };
const grounds = { pods: 4, freeSlots: 3, slotsTaken: 5, handedOut: 0, waitMs: 588, intervalMs: 1000 };
const decision = (ms: number, requestId: string, fields: object) => ({
  ...{ time: at(ms), event: 'decision', requestId, client: '127.0.3.1', ...fields },
});
const podLine = (ms: number, event: string, requestId: string, podIp: string) => ({
  ...{ time: at(ms), event, requestId, podIp },
  ...(event === 'refused' && { reason: 'full', detail: 'full: 2 of 2 connections open' }),
});

describe('by the endpoint picker', () => {
  test('over the rate: slots, level of the bucket, and when it would have been admitted', () => {
    const edge = [edgeLine(1000, { ...byPicker, code: 429, request_id: 'a' })];
    const picker = [decision(1001, 'a', { answer: 'rate', of: 'all', ...grounds })];
    const [one, ...others] = explainerOf({ edge, picker }).explain('a');
    expect(others).toEqual([]);
    expect(one).toMatchObject({ outcome: 'refused', reason: 'rate', by: 'picker', status: 429, tried: [] });
    expect(one?.picker).toMatchObject({ name: 'picker-1', pods: 4, freeSlots: 3, slotsTaken: 5 });
    expect(one?.bucket?.least).toBeCloseTo(0.412);
    expect(one?.earliest).toEqual({ at: at(1589), because: 'the rate allowed one more' });
    expect(one && paragraph(one)).toBe(`a was refused: 429, over the rate
  attempt   00:00:01.000 of client-1 at edge-1, answered after 1 ms
  picker    picker-1 said: over the rate; slots of the 4 pods that it heard: 3 free, 5 taken, 0 handed out
  bucket    held 0.41 tokens of the 1 that is needed; one comes in 1000 ms
  tried     no pod
  earliest  00:00:01.589, when the rate allowed one more
`);
  });

  const fullLine = edgeLine(1000, { ...byPicker, code: 503, request_id: 'a' });
  const full = decision(1001, 'a', { answer: 'full', ...grounds, freeSlots: 0, slotsTaken: 8, waitMs: 400 });

  test('full: when a connection ended, not before the rate allowed one', () => {
    const closes = (ms: number) => [podLine(900, 'close', 'x', '1'), podLine(ms, 'close', 'y', '1')];
    const ask = (ms: number) =>
      explainerOf({ edge: [fullLine], picker: [full], pods: [closes(ms)] }).explain('a')[0]?.earliest;
    expect(ask(5000)).toEqual({ at: at(5000), because: 'a connection to pod-1 ended' });
    expect(ask(1100)).toEqual({ at: at(1401), because: 'a slot was free, and the rate allowed one more' });
  });

  test('full: a hand-out that came to nothing shows in the next decision', () => {
    const next = decision(3000, 'b', { answer: 'picked', endpoints: ['127.0.1.1:8080'] });
    const [one] = explainerOf({ edge: [fullLine], picker: [full, next] }).explain('a');
    expect(one?.earliest).toEqual({ at: at(3000), because: 'picker-1 knew of a free slot' });
  });

  test('full: not by the end of the logs', () => {
    const [one] = explainerOf({ edge: [fullLine, edgeLine(9000)], picker: [full] }).explain('a');
    expect(one?.earliest).toBeUndefined();
    expect(one && paragraph(one)).toContain('  earliest  not by 00:00:09.001, where the logs end\n');
  });
});

describe('without the picker', () => {
  test('pods that were asked, in order, and what each said', () => {
    const edge = [edgeLine(1000, { code: 503, attempts: 3, duration_ms: 40, request_id: 'a' })];
    const pods = [
      [podLine(1010, 'refused', 'a', '1'), podLine(1030, 'refused', 'a', '1')],
      [podLine(1020, 'refused', 'a', '2')],
    ];
    const [one] = explainerOf({ edge, pods }).explain('a');
    expect(one).toMatchObject({ reason: 'full', by: 'pods' });
    expect(one?.tried.map(({ pod, said }) => `${pod} ${said}`)).toEqual(
      ['pod-1', 'pod-2', 'pod-1'].map((pod) => `${pod} full: 2 of 2 connections open`),
    );
  });

  test('by the share of an edge: its bucket; the picker, whose answer came too late, is named', () => {
    const share = { route: 'upgrade', code: 101 };
    const refused = edgeLine(2000, { ...none, route: 'upgrade', code: 429, flags: 'RL', request_id: 'a' });
    const picker = [decision(2300, 'a', { answer: 'rate', of: 'all', ...grounds })];
    const [one] = explainerOf({ edge: [edgeLine(500, share), refused], picker }).explain('a');
    expect(one).toMatchObject({
      reason: 'rate',
      by: 'edge',
      bucket: { least: 0.5, most: 0.5, intervalMs: 3000 },
    });
    expect(one?.earliest).toEqual({ at: at(3500), because: 'the share of edge-1 had a whole token' });
    expect(one && paragraph(one)).toContain('picker-1 said: over the rate, too late for the edge;');
  });

  test('where nobody knows the limits, what the edge told the client', () => {
    const line = edgeLine(2000, { ...none, code: 429, flags: 'RL', request_id: 'a', reset: '2' });
    const logs: Log[] = [{ writer: 'edge', name: 'edge-1', lines: text([line]) }];
    const explainer = new Explainer(new Records({ logs, limitsOf: () => undefined, nameOf: String }));
    expect(explainer.explain('a')[0]?.earliest).toEqual({
      ...{ at: at(4001), because: 'edge-1 told the client to wait 2 s' },
    });
  });

  test.each([
    ['draining', { code: 503, details: 'direct_response', ...none }],
    ['request', { code: 400, details: 'direct_response', ...none }],
    ['overload', { code: 503, details: 'overload', ...none }],
    ['unavailable', { code: 503, flags: 'UH', details: 'no_healthy_upstream', ...none }],
    ['timeout', { code: 504, flags: 'UT', details: 'upstream_response_timeout' }],
  ] as const)('%s', (reason, fields) => {
    const [one] = explainerOf({ edge: [edgeLine(0, { ...fields, request_id: 'a' })] }).explain('a');
    expect(one).toMatchObject({ outcome: 'refused', reason });
    expect(one && paragraph(one)).not.toMatch(/undefined|earliest/);
  });
});

test('one that was admitted', () => {
  const open = edgeLine(1000, { request_id: 'a', route: 'picked' });
  const end = { ...open, type: 'DownstreamEnd' as const, duration_ms: 5000 };
  const pods = [[podLine(1001, 'open', 'a', '1'), podLine(6000, 'close', 'a', '1')]];
  const found = explainerOf({ edge: [open, end], pods }).explain('a');
  expect(found).toMatchObject([{ outcome: 'open', status: 101, tried: [{ pod: 'pod-1', said: 'open' }] }]);
});

test('two attempts with one id are told apart', () => {
  const edge = [1000, 3000].map((ms) =>
    edgeLine(ms, { ...byPicker, code: 429, request_id: 'a', duration_ms: 5 }),
  );
  const picker = [1002, 3002].map((ms, n) => decision(ms, 'a', { answer: 'rate', ...grounds, freeSlots: n }));
  const found = explainerOf({ edge, picker }).explain('a');
  expect(found.map(({ picker }) => picker?.freeSlots)).toEqual([0, 1]);
});

test('what no edge has a line of', () => {
  const client = [{ time: at(0), event: 'refused', requestId: 'a', detail: 'ECONNRESET' }];
  const [one] = explainerOf({ client }).explain('a');
  expect(one).toMatchObject({ outcome: 'unanswered', client: 'client-1' });
  expect(one?.detail).toMatch(/^ECONNRESET; no edge has a line of it/);
  expect(explainerOf({ client }).explain('b')).toEqual([]);
});

test('the latest refusals, oldest first', () => {
  const edge = [3, 1, 2].map((n) => edgeLine(n, { ...byPicker, code: 429, request_id: `r-${n}` }));
  const explainer = explainerOf({ edge: [...edge, edgeLine(4)] });
  expect(explainer.latestRefusals(2)).toEqual(['r-2', 'r-3']);
});

test('what a client made up is printed without what steers a terminal', () => {
  const edge = [edgeLine(0, { ...byPicker, code: 429, request_id: '\u001b[31mred' })];
  const [one] = explainerOf({ edge }).explain('\u001b[31mred');
  expect(one && paragraph(one)).toMatch(/^red was refused/);
});
