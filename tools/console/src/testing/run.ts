import type { RefusalReason, RunEvent, RunState, Setup, Verdict } from '../events.ts';

/** When the runs of tests begin. */
const startedAt = Date.parse('2026-01-01T12:00:00.000Z');

/** ISO 8601, so many seconds after the start of a run. */
export const after = (seconds: number) => new Date(startedAt + seconds * 1000).toISOString();

const each = <T>(count: number, of: (n: number) => T) => Array.from({ length: count }, (_, i) => of(i + 1));

/** A run of the default size, or another one. */
export function setupOf({ clients = 10, edges = 3, pods = 4, pickers = 2, limit = 2, rate = 1 } = {}): Setup {
  return {
    startedAt: after(0),
    ...{ connectionsPerPod: limit, connectionsPerClient: 5, newConnectionsPerSecond: rate },
    admission: pickers > 0 ? 'exact' : 'shared',
    restarts: {
      ...{ connectionsPerPod: ['pods'], newConnectionsPerSecond: ['pickers', 'edges'] },
      ...{ serverReplicas: ['edges'], edgeReplicas: ['edges', 'clients'] },
    },
    clients: each(clients, (n) => ({ name: `client-${n}`, address: `127.0.3.${n}` })),
    edges: each(edges, (n) => ({
      ...{ name: `edge-${n}`, url: `ws://127.0.2.${n}:8000/` },
      stats: `http://127.0.2.${n}:9901/stats/prometheus`,
    })),
    pods: each(pods, (n) => ({
      ...{ name: `pod-${n}`, address: `127.0.1.${n}:8080`, stats: `http://127.0.1.${n}:8080/metrics` },
    })),
    pickers: each(pickers, (n) => ({ name: `picker-${n}`, stats: `http://127.0.4.${n}:9002/metrics` })),
  };
}

const promises: Record<Verdict['name'], [promise: string, expected: string, observed: string]> = {
  limit: ['no pod is ever over its limit', 'at most 2 connections on a pod', 'most ever: 2 2 2 2'],
  rate: [
    'admissions stay within the rate',
    'at most one in any 1 s; by the edges’ shares at most 3 in one second',
    '8 by the picker, smallest gap 1.004 s ± 0.003; 0 by shares',
  ],
  allowed: [
    'an attempt that the rate allows is admitted',
    'no 429 to who comes 1 s after the last admission (and 150 ms for its news)',
    '8 admitted, 6 refused by rate, of 6 judged none wrongly',
  ],
  full: [
    'no client is told "full" while a slot is free',
    'no 503 while one is free all the time of the attempt and 250 ms before',
    '42 refused full, of 42 judged none wrongly',
  ],
  slots: ['every free slot is used', '8 of 8 slots open (clients want 50)', '8 open, all first after 9 s'],
  replies: [
    'every reply has the time and the IP of the pod that sent it',
    'no wrong reply',
    '31 replies, all right',
  ],
  refusals: [
    'every refusal is immediate and says why',
    '429 or 503 in under 1000 ms',
    '6 by rate, 42 full, 0 other, slowest 9 ms',
  ],
  logs: [
    'each connection and refusal is in an access log',
    'nothing a client saw is missing there',
    '56 found, 0 missing',
  ],
};

/** How a run stands after so many seconds; `open` and `highWater` of each pod. */
export function stateOf(
  setup: Setup,
  seconds: number,
  open: readonly number[],
  highWater: readonly number[] = open,
): RunState {
  const total = open.reduce((sum, n) => sum + n, 0);
  const capacity = setup.pods.length * setup.connectionsPerPod;
  const names = Object.keys(promises) as Verdict['name'][];
  return {
    ...{ at: after(seconds), seconds },
    pods: setup.pods.map(({ name, address }, i) => ({
      ...{ name, address, open: open[i] ?? 0, highWater: highWater[i] ?? 0, limit: setup.connectionsPerPod },
    })),
    slots: { open: total, capacity, wanted: setup.clients.length * setup.connectionsPerClient },
    admissions: { total, opened: total, last10Seconds: total, worstSecond: 1 },
    refusals: { rate: 6, full: 42, draining: 0, client: 0, other: 0, unanswered: 0, slowestMilliseconds: 9 },
    replies: { total: 31, wrong: 0 },
    logged: { found: 56, missing: 0 },
    silent: { pods: [], edges: [], pickers: [] },
    said: { edges: setup.edges.map(() => 'LIVE'), pickers: setup.pickers.map(() => 'ok') },
    verdicts: names
      .filter((name) => setup.pickers.length > 0 || (name !== 'allowed' && name !== 'full'))
      .map((name) => {
        const [promise, expected, observed] = promises[name];
        return { name, status: 'holds', promise, expected, observed };
      }),
  };
}

/** A state in which a promise is broken. */
export function broken(state: RunState, name: Verdict['name'], observed: string): RunState {
  const verdicts = state.verdicts.map((verdict) =>
    verdict.name === name ? { ...verdict, status: 'broken' as const, observed } : verdict,
  );
  return { ...state, verdicts };
}

/** Events by numbers: the nth client, edge and pod, from 1; `id` makes the id of the request. */
const ofConnection = (seconds: number, client: number, edge: number, pod: number, id: number) => ({
  ...{ at: after(seconds), client: `client-${client}`, edge: `edge-${edge}` },
  ...{ pod: `pod-${pod}`, requestId: `request-${id}` },
});
export const opened = (
  seconds: number,
  client: number,
  edge: number,
  pod: number,
  id = client,
): RunEvent => ({ event: 'open', ...ofConnection(seconds, client, edge, pod, id), attempts: 1 });
export const closed = (
  seconds: number,
  client: number,
  edge: number,
  pod: number,
  id = client,
): RunEvent => ({ event: 'close', ...ofConnection(seconds, client, edge, pod, id), seconds: 12.5 });
export const refused = (seconds: number, client: number, edge: number, reason: RefusalReason): RunEvent => ({
  ...{ event: 'refused', at: after(seconds), client: `client-${client}`, edge: `edge-${edge}`, reason },
  ...{ status: reason === 'rate' ? 429 : 503, attempts: 0, milliseconds: 1 },
  requestId: `refused-${client}-${edge}-${seconds}`,
});
export const replied = (seconds: number, client: number, pod: number, ms: number, id = client): RunEvent => ({
  ...{ event: 'reply', at: after(seconds), client: `client-${client}`, podIp: `127.0.1.${pod}` },
  ...{ timestamp: after(seconds), roundTripMs: ms, requestId: `request-${id}` },
});

/** A run of which every slot is open: eight connections, one a second, and some refusals. */
export function fullRun(setup: Setup): RunEvent[] {
  const events: RunEvent[] = [];
  const open = setup.pods.map(() => 0);
  const [slots, edges] = [setup.pods.length * setup.connectionsPerPod, setup.edges.length];
  for (let n = 0; n < slots; n++) {
    const pod = n % setup.pods.length;
    const client = (n % setup.clients.length) + 1;
    open[pod] = (open[pod] ?? 0) + 1;
    events.push(opened(n + 1, client, (n % edges) + 1, pod + 1, n + 1));
    if (n % 2 === 1)
      events.push(refused(n + 1.3, ((n + 4) % setup.clients.length) + 1, ((n + 1) % edges) + 1, 'rate'));
    if (n > 2) events.push(replied(n + 1.5, client, pod + 1, 2 + (n % 5), n + 1));
    events.push({ event: 'state', ...stateOf(setup, n + 2, open) });
  }
  for (let n = 0; n < 6; n++) {
    events.push(refused(slots + 1 + n, (n % setup.clients.length) + 1, (n % edges) + 1, 'full'));
    events.push({ event: 'state', ...stateOf(setup, slots + 2 + n, open) });
  }
  return events;
}
