import { type AccessLogLine, defaultLimits, type Limits } from '@envoy-poc/edge';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent, Verdict } from './events.ts';
import { type Observed, Observer, type ObserverOptions } from './observer.ts';

let now: number;
let events: RunEvent[];
let observer: Observer;

beforeEach(() => observe('shared'));

function observe(admission: Limits['admission'], more: Partial<ObserverOptions> = {}): void {
  now = Date.parse('2026-01-01T00:00:00.000Z');
  events = [];
  observer = new Observer({
    ...observed({ admission }),
    emit: (event) => events.push(event),
    now: () => now,
    ...more,
  });
}

function observed(limits: Partial<Limits>): Observed {
  return {
    limits: {
      ...defaultLimits,
      ...{ serverReplicas: 2, connectionsPerPod: 2, edgeReplicas: 3, newConnectionsPerSecond: 1 },
      ...limits,
    },
    wanted: 50,
    pods: [1, 2].map((n) => ({ name: `pod-${n}`, address: `127.0.1.${n}:8080`, podIp: `127.0.1.${n}` })),
    edges: [1, 2, 3].map((n) => ({ name: `edge-${n}`, url: `ws://127.0.2.${n}:8000/` })),
    pickers: limits.admission === 'exact' ? [{ name: 'picker-1' }, { name: 'picker-2' }] : [],
    clientNames: new Map([['127.0.3.1', 'client-1']]),
  };
}

function logged(requestId: string, fields: Partial<AccessLogLine> = {}): void {
  observer.edgeLine({
    ...{
      time: new Date(now).toISOString(),
      type: 'DownstreamTunnelSuccessfullyEstablished',
      edge: 'edge-1',
    },
    ...{ client: '127.0.3.1', upgrade: 'websocket', code: 101, flags: '-', details: 'via_upstream' },
    ...{ upstream: '127.0.1.1:8080', attempts: 1, duration_ms: 3, request_id: requestId, ...fields },
  } as AccessLogLine);
}

const refusal = { type: 'DownstreamEnd', code: 503, attempts: 2 } as const;
const byRate = { type: 'DownstreamEnd', code: 429, flags: 'RL', upstream: null, attempts: 0 } as const;
const client = (fields: object) => observer.clientLine('client-1', JSON.stringify(fields));

function verdict(name: Verdict['name']): string {
  observer.tick();
  const found = observer.state().verdicts.find((v) => v.name === name);
  return `${found?.status}: ${found?.observed}`;
}

test('before anything is seen, verdicts wait', () => {
  for (const name of ['limit', 'rate', 'slots', 'replies', 'logs'] as const)
    expect(verdict(name)).toMatch(/^pending/);
});

test('a pod over its limit, even for a moment, breaks the limit', () => {
  observer.gauges(0, 2, 2);
  expect(verdict('limit')).toBe('holds: most ever: 2 0');
  observer.gauges(0, 1, 3);
  expect(verdict('limit')).toBe('broken: most ever: 3 0');
});

test('admissions count whether or not a slot was free; refusals by rate do not', () => {
  logged('a');
  logged('b', refusal);
  logged('c', byRate);
  expect(verdict('rate')).toBe('holds: 2 in 0 s (2.00/s), worst second 2');
  logged('d');
  logged('e');
  expect(verdict('rate')).toMatch(/^broken: 4 in 0 s/);
});

/** What both pods say of their open connections. */
function podsHold(...open: number[]): void {
  for (const [pod, count] of open.entries()) observer.gauges(pod, count, 2);
}

test('slots hold while all are open, may be free for a while, and then break', () => {
  podsHold(2, 0);
  expect(verdict('slots')).toMatch(/^pending: 2 open/);
  now += 5000;
  podsHold(2, 2);
  expect(verdict('slots')).toBe('holds: 4 open, all of them first after 5 s');
  now += 9000;
  podsHold(2, 1);
  expect(verdict('slots')).toMatch(/^holds: 3 open/);
  now += 2000;
  podsHold(2, 1);
  expect(verdict('slots')).toMatch(/^broken: 3 open/);
});

test('what no pod was asked is no admission: a malformed upgrade, however many of them', () => {
  const malformed = { code: 400, details: 'path_normalization_failed', upstream: null, attempts: 0 };
  for (let n = 0; n < 60; n++) logged(`bad-${n}`, { ...refusal, ...malformed });
  logged('gone', { ...refusal, code: 0, flags: 'DC', upstream: null });
  logged('a');
  expect(verdict('rate')).toBe('holds: 1 in 0 s (1.00/s), worst second 1');
  expect(observer.state().admissions).toMatchObject({ total: 1, opened: 1 });
});

test('an edge that was told to leave refuses as promised: at once, and it says why', () => {
  logged('a', { ...refusal, details: 'direct_response', upstream: null, attempts: 0 });
  expect(events).toMatchObject([{ event: 'refused', reason: 'draining', status: 503 }]);
  expect(verdict('refusals')).toBe('holds: 0 by rate, 0 full, 1 draining, 0 other, slowest 3 ms');
  // Without a pod in service an edge says so too, and that is another matter.
  logged('b', { ...refusal, details: 'no_healthy_upstream', flags: 'UH', upstream: null, attempts: 0 });
  expect(verdict('refusals')).toMatch(/^broken: 0 by rate, 0 full, 1 draining, 1 other/);
});

test('an attempt without any answer breaks the refusals, and its edge is named', () => {
  logged('a', byRate);
  now += 10_000;
  const failed = { event: 'refused', detail: 'no answer within 10 s', durationMs: 10_000 };
  for (const requestId of ['b', 'c']) client({ ...failed, requestId, url: 'ws://127.0.2.2:8000/' });
  client({ ...failed, requestId: 'd', url: 'ws://127.0.2.3:8000/' });
  expect(verdict('refusals')).toBe(
    'broken: 1 by rate, 0 full, 0 other, 3 without any answer (edge-2 2, edge-3 1), slowest 3 ms',
  );
});

test('a refusal that took the client long was not immediate, however quick the edge thinks it was', () => {
  logged('a', byRate);
  now += 4000;
  client({ event: 'refused', requestId: 'a', status: 429, durationMs: 4000 });
  expect(verdict('refusals')).toBe('broken: 1 by rate, 0 full, 0 other, slowest 4000 ms');
});

describe('what could not be seen is said, and cannot hold', () => {
  const unseen = () =>
    observer.state().verdicts.map(({ name, status, unseen }) => `${name} ${status}: ${unseen ?? 'all seen'}`);
  beforeEach(() => {
    podsHold(2, 2);
    logged('a', byRate);
    client({ event: 'refused', requestId: 'a', status: 429 });
    observer.tick();
    observer.asked('pods', 1, true);
    now += 12_000;
  });

  test('of a pod that does not answer', () => {
    observer.asked('pods', 1, false);
    const silence = 'pod-2 has not answered for 12 s';
    expect(unseen()).toEqual([
      `limit pending: ${silence}`,
      'rate pending: all seen',
      `slots pending: ${silence}`,
      'replies pending: all seen',
      'refusals holds: all seen',
      'logs holds: all seen',
    ]);
    observer.asked('pods', 1, true);
    expect(unseen()[0]).toBe('limit holds: all seen');
  });

  test('of edges that do not answer; what is broken stays so', () => {
    for (const edge of [1, 2]) observer.asked('edges', edge, false);
    client({ event: 'refused', requestId: 'b', detail: 'no answer within 10 s' });
    const silence = 'edge-2 has not answered for 12 s, edge-3 has not answered for 12 s';
    expect(unseen()).toEqual([
      'limit holds: all seen',
      `rate pending: ${silence}`,
      'slots holds: all seen',
      'replies pending: all seen',
      `refusals broken: ${silence}`,
      `logs pending: ${silence}`,
    ]);
  });
});

test('a reply must have the time, and the IP of the pod that the access log names', () => {
  const reply = { event: 'reply', requestId: 'a', timestamp: '2026-01-01T00:00:00.000Z', roundTripMs: 1 };
  client({ ...reply, podIp: '127.0.1.1' });
  expect(verdict('replies')).toBe('holds: 1 replies, all right');
  logged('a');
  expect(verdict('replies')).toBe('holds: 1 replies, all right');
  client({ ...reply, podIp: '127.0.1.2' });
  expect(verdict('replies')).toMatch(/^broken: 1 of 2 wrong: pod IP 127\.0\.1\.2, sent by 127\.0\.1\.1/);
});

test.each([
  [{ event: 'reply', requestId: 'a', timestamp: 'noon', podIp: '127.0.1.1' }, /timestamp "noon"/],
  [{ event: 'reply_invalid', requestId: 'a' }, /reply invalid at client-1/],
  [{ event: 'reply_missing', requestId: 'a' }, /reply missing at client-1/],
])('%s breaks the replies', (line, message) => {
  logged('a');
  client(line);
  expect(verdict('replies')).toMatch(message);
});

test('a connection whose edge was killed is forgotten once its client has seen the end', () => {
  const reply = { event: 'reply', timestamp: '2026-01-01T00:00:00.000Z', podIp: '127.0.1.1' };
  for (const id of ['open', 'ended']) logged(id);
  client({ event: 'close', requestId: 'ended' });
  now += 11_000;
  observer.tick();
  client({ ...reply, requestId: 'open' });
  expect(verdict('replies')).toMatch(/^holds/);
  client({ ...reply, requestId: 'ended' });
  now += 6000;
  expect(verdict('replies')).toMatch(/^broken: .*no logged connection/);
});

test('a reply on a connection that no access log knows is wrong', () => {
  client({ event: 'reply', requestId: 'x', timestamp: '2026-01-01T00:00:00.000Z', podIp: '127.0.1.1' });
  expect(verdict('replies')).toMatch(/^holds/);
  now += 6000;
  expect(verdict('replies')).toMatch(/^broken: .*no logged connection/);
});

test('refusals must be quick and for a known reason', () => {
  logged('a', byRate);
  logged('b', refusal);
  logged('c', { ...refusal, code: 400 });
  expect(verdict('refusals')).toBe('holds: 1 by rate, 1 full, 0 other, slowest 3 ms');
  logged('d', { ...refusal, duration_ms: 1500 });
  expect(verdict('refusals')).toMatch(/^broken: .*slowest 1500 ms/);
});

test.each([
  ['a time-out', { ...refusal, code: 504, flags: 'UT', details: 'upstream_response_timeout' }],
  ['no healthy pod', { ...refusal, flags: 'UH', details: 'no_healthy_upstream', upstream: null }],
])('%s is no refusal that the platform promises', (_, fields) => {
  logged('a', fields);
  expect(verdict('refusals')).toMatch(/^broken: .*1 other/);
});

test('what a client saw must be in an access log within seconds, whichever comes first', () => {
  client({ event: 'open', requestId: 'a' });
  logged('a');
  logged('b', byRate);
  client({ event: 'refused', requestId: 'b', status: 429 });
  expect(verdict('logs')).toBe('holds: 2 found, 0 missing');
  client({ event: 'refused', requestId: 'c', status: 503 });
  client({ event: 'refused', requestId: 'd', detail: 'ECONNREFUSED' });
  now += 6000;
  expect(verdict('logs')).toBe('broken: 2 found, 1 missing');
  expect(events.at(-1)).toMatchObject({ event: 'failed', client: 'client-1', detail: 'ECONNREFUSED' });
});

test('events name client, edge and pod; strangers go by their address', () => {
  logged('a');
  logged('b', { ...refusal, client: '203.0.113.9' });
  logged('a', { type: 'DownstreamEnd', duration_ms: 2500 });
  expect(events).toMatchObject([
    { event: 'open', client: 'client-1', edge: 'edge-1', pod: 'pod-1', attempts: 1 },
    { event: 'refused', client: '203.0.113.9', reason: 'full', status: 503, attempts: 2 },
    { event: 'close', client: 'client-1', pod: 'pod-1', seconds: 2.5, at: '2026-01-01T00:00:02.500Z' },
  ]);
});

test('other lines than those of upgrades are passed over', () => {
  logged('a', { upgrade: null, code: 426 });
  observer.clientLine('client-1', 'not JSON');
  expect(events).toEqual([]);
});

describe('where the picker admits', () => {
  const picked = { route: 'picked' };
  const byPicker = { ...byRate, flags: 'UAEX', details: 'ext_authz_denied', route: 'upgrade' };
  const fullByPicker = { ...byPicker, code: 503 };
  const after = (seconds: number) => (now += seconds * 1000);
  beforeEach(() => {
    observe('exact');
    after(5);
  });

  test('before anything is seen, its verdicts wait', () => {
    for (const name of ['rate', 'allowed', 'full'] as const) expect(verdict(name)).toMatch(/^pending/);
  });

  test('its refusals say why, as those of pods do', () => {
    logged('a', byPicker);
    logged('b', fullByPicker);
    logged('c', { ...byPicker, code: 403 });
    expect(events).toMatchObject([
      { reason: 'rate', status: 429, attempts: 0 },
      { reason: 'full', status: 503, attempts: 0 },
      { reason: 'client', status: 403 },
    ]);
    expect(observer.state().admissions.total).toBe(0);
  });

  test('all hold while admissions are an interval apart and refusals are true', () => {
    for (const [id, pod] of [1, 1, 2, 2].entries()) {
      logged(`${id}`, { ...picked, upstream: `127.0.1.${pod}:8080` });
      after(0.5);
      logged(`${id} too`, byPicker);
      after(0.6);
    }
    logged('full', fullByPicker);
    after(10);
    expect(verdict('rate')).toBe('holds: 4 by the picker, smallest gap 1.1 s ± 0.005; 0 by shares');
    expect(verdict('allowed')).toBe('holds: 4 admitted, 4 refused by rate, of 4 judged none wrongly');
    expect(verdict('full')).toBe('holds: 1 refused full, of 1 judged none wrongly');
  });

  test('two admissions too close break the rate', () => {
    logged('a', picked);
    after(0.4);
    logged('b', { ...picked, edge: 'edge-2' });
    expect(verdict('rate')).toBe(
      'broken: 2 by the picker, smallest gap 0.4 s ± 0.005, 1 too soon, by 0.595 s at 2026-01-01T00:00:05.405Z; 0 by shares',
    );
  });

  test('a refusal by rate long after the last admission is a breach', () => {
    logged('a', picked);
    after(1.5);
    logged('b', byPicker);
    expect(verdict('allowed')).toMatch(/^holds: 1 admitted, 1 refused by rate, of 0 judged none/);
    after(10);
    expect(verdict('allowed')).toMatch(
      /^broken: 1 admitted, 1 refused by rate, of 1 judged 1 wrongly: 429 to 127.0.3.1 at/,
    );
  });

  test('a refusal for full is a breach while a slot is free, but for that of a pod that does not answer', () => {
    for (const [id, pod] of [1, 1, 2].entries())
      logged(`${id}`, { ...picked, upstream: `127.0.1.${pod}:8080` });
    after(1);
    observer.asked('pods', 1, false);
    after(1);
    logged('a', fullByPicker);
    after(8);
    expect(verdict('full')).toMatch(/^holds: 1 refused full, of 1 judged none/);
    observer.asked('pods', 1, true);
    after(4);
    logged('b', fullByPicker);
    after(10);
    expect(verdict('full')).toMatch(
      /^broken: 2 refused full, of 2 judged 1 wrongly: .* with 1 free all the time/,
    );
  });

  test('what edges admit without it is told apart, and keeps to their shares', () => {
    for (const id of ['a', 'b', 'c']) logged(id, { route: 'upgrade' });
    expect(verdict('rate')).toBe('holds: 0 by the picker; 3 by shares, worst second 3');
    for (const id of ['d', 'e', 'f', 'g']) logged(id, { route: 'upgrade' });
    expect(verdict('rate')).toMatch(/^broken: 0 by the picker; 7 by shares, worst second 7/);
  });

  test('a picker that does not answer is named', () => {
    observer.asked('pickers', 0, false);
    after(3);
    expect(observer.state().silent.pickers).toEqual([{ name: 'picker-1', seconds: 8 }]);
  });
});

describe('while somebody comes and goes', () => {
  const picked = { route: 'picked' };
  const pod = (n: number) => ({
    ...{ name: `pod-${n}`, address: `127.0.1.${n}:8080`, podIp: `127.0.1.${n}` },
  });

  test('what was seen of those who stay is kept, and logs still tell of who is gone', () => {
    podsHold(2, 1);
    logged('a');
    observer.asked('pods', 0, false);
    observer.change({ pods: [pod(2), pod(3)] });
    observer.gauges(1, 1, 1);
    observer.tick();
    expect(observer.state().pods.map(({ name, open }) => `${name} ${open}`)).toEqual(['pod-2 1', 'pod-3 1']);
    expect(observer.state().silent.pods).toEqual([]);
    logged('a', { type: 'DownstreamEnd', duration_ms: 100 });
    expect(events.at(-1)).toMatchObject({ event: 'close', pod: 'pod-1' });
  });

  test('a pod is held to its own limit', () => {
    observer.change({ pods: [pod(1), { ...pod(2), limit: 3 }] });
    observer.gauges(1, 3, 3);
    expect(verdict('limit')).toBe('holds: most ever: 0 3');
    observer.gauges(0, 3, 3);
    expect(verdict('limit')).toBe('broken: most ever: 3 3');
  });

  test('a pod that ends has connections still, and no slots', () => {
    const limits = { ...defaultLimits, connectionsPerPod: 2, serverReplicas: 1 };
    podsHold(2, 2);
    observer.change({ limits, pods: [pod(1), { ...pod(2), away: true }] });
    expect(observer.state().slots).toEqual({ open: 2, capacity: 2, wanted: 50 });
    expect(observer.state().pods[1]).toMatchObject({ open: 2, away: true });
  });

  test('slots of who has just come or gone may be free for a while again', () => {
    podsHold(2, 2);
    observer.tick();
    now += 8000;
    observer.change({ pods: [pod(1), pod(3)] });
    now += 8000;
    expect(verdict('slots')).toMatch(/^holds: 2 open/);
    now += 3000;
    observer.change({ pods: [pod(1), pod(2)] });
    expect(verdict('slots')).toMatch(/^broken/);
  });

  test('slots of a pod that has just come are not known to be free; later they are', () => {
    observe('exact');
    now += 1000;
    for (const [id, n] of [1, 1, 2, 2].entries())
      logged(`${id}`, { ...picked, upstream: `127.0.1.${n}:8080` });
    const full = (id: string) => {
      logged(id, { ...byRate, code: 503, flags: 'UAEX', details: 'ext_authz_denied', route: 'upgrade' });
      now += 9000;
      return verdict('full');
    };
    observer.change({ pods: [pod(1), pod(2), pod(3)] });
    expect(full('a')).toMatch(/^holds: 1 refused full, of 1 judged none/);
    now += 9000;
    observer.change({ pods: [pod(1), pod(2), { ...pod(3), away: true }] });
    observer.tick();
    expect(full('b')).toMatch(/^holds/);
    observer.change({ pods: [pod(1), pod(2), pod(3)] });
    now += 9000;
    expect(full('c')).toMatch(/^broken: .* with 2 free/);
  });

  test('another rate is judged from then on, and admissions before count on', () => {
    const limits = { ...defaultLimits, serverReplicas: 2, connectionsPerPod: 2 };
    observe('exact');
    for (const id of ['a', 'b']) {
      now += 1100;
      logged(id, picked);
    }
    observer.change({ limits: { ...limits, newConnectionsPerSecond: 10 } });
    for (const id of ['c', 'd']) {
      now += 200;
      logged(id, picked);
    }
    expect(verdict('rate')).toMatch(/^holds: 2 by the picker, smallest gap 0\.2 s/);
    expect(observer.state().admissions.total).toBe(4);
    now += 50;
    logged('e', picked);
    expect(verdict('rate')).toMatch(/^broken/);
  });
});

describe.each([false, true])('connections that no log tells of, where it ran before: %s', (ranBefore) => {
  const untold = () => observer.state().pods.map((pod) => pod.untold ?? 0);
  const look = (seconds: number, ...open: number[]) => {
    for (let second = 0; second < seconds; second++) {
      now += 1000;
      podsHold(...open);
    }
  };
  beforeEach(() => observe('exact', { ranBefore }));

  test('are told once their lines would be there, and no more when they close', () => {
    logged('a');
    look(3, 2, 1);
    expect(untold()).toEqual([0, 0]);
    look(3, 2, 1);
    expect(untold()).toEqual([1, 1]);
    look(1, 1, 1);
    expect(untold()).toEqual([0, 1]);
  });

  test('are no such while a line is a little late', () => {
    look(3, 1, 0);
    logged('a');
    look(3, 2, 0);
    logged('b');
    look(9, 2, 0);
    expect(untold()).toEqual([0, 0]);
    logged('a', { type: 'DownstreamEnd', duration_ms: 10 });
    look(2, 2, 0);
    expect(untold()).toEqual([0, 0]);
  });

  test('are not known of a pod that does not answer', () => {
    look(6, 0, 2);
    observer.asked('pods', 1, false);
    expect(untold()).toEqual([0, 0]);
  });
});

describe('of a platform that ran before', () => {
  const fullByPicker = {
    ...{ ...byRate, code: 503, flags: 'UAEX', details: 'ext_authz_denied', route: 'upgrade' },
  };
  const full = () => {
    now += 1000;
    logged('full', fullByPicker);
    now += 9000;
    return verdict('full');
  };
  beforeEach(() => observe('exact', { ranBefore: true }));

  test('a refusal is as immediate as its edge says, whatever the client spent on DNS', () => {
    now += 10_000;
    logged('a', byRate);
    client({ event: 'refused', requestId: 'a', status: 429, durationMs: 5010 });
    expect(verdict('refusals')).toBe('holds: 1 by rate, 0 full, 0 other, slowest 3 ms');
    logged('b', { ...byRate, duration_ms: 1500 });
    expect(verdict('refusals')).toMatch(/^broken: .*slowest 1500 ms/);
  });

  test('connections of old log lines are open, and no admissions', () => {
    const old = {
      ...{ time: '2025-12-31T00:00:00.000Z', client: '127.0.3.1', edge: 'edge-1', request_id: 'old' },
      upstream: '127.0.1.1:8080',
    };
    observer.openBefore(old as AccessLogLine);
    expect(events).toMatchObject([{ event: 'open', before: true, client: 'client-1', pod: 'pod-1' }]);
    expect(observer.state().admissions.total).toBe(0);
    const reply = { event: 'reply', requestId: 'old', timestamp: '2026-01-01T00:00:00.000Z' };
    client({ ...reply, podIp: '127.0.1.2' });
    expect(verdict('replies')).toMatch(/^broken: .* sent by 127\.0\.1\.1/);
  });

  test('slots of connections that no line tells of are taken, until their pod says less', () => {
    podsHold(2, 2);
    expect(full()).toMatch(/^holds/);
    podsHold(2, 1);
    expect(full()).toMatch(/^broken: .* with 1 free/);
  });

  test('slots of connections that no line tells of are free when their end is logged', () => {
    podsHold(2, 2);
    logged('unknown', { type: 'DownstreamEnd', duration_ms: 1, time: '2025-12-31T00:00:00.000Z' });
    expect(full()).toMatch(/^broken: .* with 1 free/);
  });

  test('control: of a run that is seen from its start they would be free', () => {
    observe('exact');
    podsHold(2, 2);
    expect(full()).toMatch(/^broken: .* with 4 free/);
  });

  test('what a client saw first may be in a log before; what it sees later is missing if it is not there', () => {
    const seen = (requestId: string) =>
      client({ event: 'open', time: new Date(now).toISOString(), requestId });
    seen('first');
    now += 4000;
    seen('later');
    now += 6000;
    expect(verdict('logs')).toBe('broken: 0 found, 1 missing');
  });

  test('nothing is missing while lines may still come', () => {
    let until = now;
    observe('exact', { ranBefore: true, loggedUntil: () => until });
    now += 4000;
    client({ event: 'open', time: new Date(now).toISOString(), requestId: 'a' });
    now += 60_000;
    expect(verdict('logs')).toMatch(/^pending/);
    logged('a');
    expect(verdict('logs')).toBe('holds: 1 found, 0 missing');
    until = now;
  });
});

describe('a run that somebody changes', () => {
  const after = (seconds: number) => (now += seconds * 1000);
  const all = () => new Set(observer.state().verdicts.map(({ status }) => status));

  test('is not judged meanwhile, and then by its new limits alone', () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) logged(id);
    observer.gauges(0, 2, 3);
    expect(verdict('limit')).toMatch(/^broken/);
    observer.hold('connectionsPerPod 2 → 4');
    expect(all()).toEqual(new Set(['pending']));
    expect(observer.state().verdicts[0]?.unseen).toBe('connectionsPerPod 2 → 4');
    after(3);
    observer.judgeBy(observed({ admission: 'shared', connectionsPerPod: 4 }));
    expect(all()).toEqual(new Set(['pending', 'holds']));
    observer.gauges(0, 4, 4);
    expect(verdict('limit')).toBe('holds: most ever: 4 0');
    logged('f');
    expect(verdict('rate')).toBe('holds: 1 in 0 s (1.00/s), worst second 1');
    expect(observer.state()).toMatchObject({ seconds: 3, slots: { capacity: 8 } });
    observer.gauges(0, 4, 5);
    expect(verdict('limit')).toMatch(/^broken/);
  });

  test('is not blamed for what began before', () => {
    after(10);
    client({ event: 'refused', requestId: 'b', status: 429 });
    const began = now;
    after(4);
    observer.judgeBy(observed({ admission: 'shared' }));
    for (let n = 0; n < 9; n++) logged(`${n}`, { time: new Date(began).toISOString() });
    logged('hung', { ...refusal, code: 504, time: new Date(began).toISOString(), duration_ms: 4000 });
    client({ event: 'refused', requestId: 'hung', status: 504, durationMs: 4000 });
    client({ event: 'refused', requestId: 'x', detail: 'ECONNRESET', durationMs: 4000, url: '' });
    after(6);
    expect(verdict('rate')).toBe('pending: 0 in 6 s (0.00/s), worst second 0');
    expect(verdict('refusals')).toBe('holds: 0 by rate, 0 full, 0 other, slowest 0 ms');
    expect(verdict('logs')).toMatch(/0 missing$/);
  });

  test('keeps the connections that it had: who has a slot still has it', () => {
    observe('exact');
    for (const [id, pod] of [1, 1, 2, 2].entries()) {
      logged(`${id}`, { route: 'picked', upstream: `127.0.1.${pod}:8080` });
      after(1.1);
    }
    observer.judgeBy(observed({ admission: 'exact' }));
    after(5);
    logged('full', { ...byRate, code: 503, flags: 'UAEX', route: 'upgrade' });
    client({ event: 'reply', requestId: '0', timestamp: '2026-01-01T00:00:00.000Z', podIp: '127.0.1.1' });
    after(10);
    expect(verdict('full')).toBe('holds: 1 refused full, of 1 judged none wrongly');
    expect(verdict('replies')).toBe('holds: 1 replies, all right');
  });

  test('loses the connections of an edge that ends without a word', () => {
    observe('exact');
    logged('a', { route: 'picked' });
    logged('b', { route: 'picked', edge: 'edge-2' });
    logged('b', { type: 'DownstreamEnd', edge: 'edge-2', duration_ms: 900 });
    after(2);
    for (const edge of ['edge-1', 'edge-2']) observer.edgeEnded(edge);
    observer.edgeEnded('edge-1');
    const closes = events.filter(({ event }) => event === 'close');
    expect(closes).toMatchObject([
      { requestId: 'b', edge: 'edge-2', seconds: 0.9 },
      { requestId: 'a', client: 'client-1', edge: 'edge-1', pod: 'pod-1', seconds: 2 },
    ]);
    after(5);
    logged('full', { ...byRate, code: 503, flags: 'UAEX', route: 'upgrade' });
    after(10);
    expect(verdict('full')).toMatch(/^broken/);
  });
});
