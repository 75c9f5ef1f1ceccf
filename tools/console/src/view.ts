import type { RefusalReason, RunEvent, RunState, Setup, Verdict } from './events.ts';
import { count, type Histogram } from './histogram.ts';

/** Everything that the page shows: a function of the setup and the events. Plain data. */
export interface View {
  setup: Setup;
  /** The last one told. */
  state?: RunState;
  /** Open connections, by pod. */
  pods: Record<string, Connection[]>;
  /** By name, see {@link clientOf}: in as many records as make a copy of one of them cheap. */
  clients: Record<string, Party>[];
  /** Clients that are told apart. */
  knownClients: number;
  edges: Record<string, Party>;
  /** Epoch milliseconds; of each edge in its {@link Party}. */
  lastAdmissionMs?: number;
  /** The latest {@link MOST_ENTRIES} that happened, oldest first. */
  entries: Entry[];
  /** How many happened so far. */
  happened: number;
  /** The first time that each promise was seen broken. */
  breaches: Breach[];
  /** What was done to the run, oldest first: the latest {@link MOST_ENTRIES}. */
  marks: Mark[];
  /** The last {@link MOST_SECONDS}, oldest first; the last one may still grow. */
  seconds: Second[];
}

/** A connection from a client through an edge to a slot of a pod. */
interface Connection {
  requestId: string;
  client: string;
  edge: string;
  /** From 0. */
  slot: number;
  /** Epoch milliseconds. */
  sinceMs: number;
  replies: number;
}

/** What happened at a client or an edge. */
export interface Party {
  open: number;
  admitted: number;
  refused: Record<RefusalReason, number>;
  lastAdmissionMs?: number;
}

/** Something that happened to a connection or an attempt, with a number of its own. */
export type Entry = Happening & { n: number };
type Happening = Exclude<RunEvent, { event: 'state' | 'mark' | 'setup' }>;

/** What somebody did to the run. */
export type Mark = Omit<Extract<RunEvent, { event: 'mark' }>, 'event'>;

/** A promise that was broken, and when that was seen first: ISO 8601, UTC. */
interface Breach extends Pick<Verdict, 'name' | 'promise' | 'expected' | 'observed'> {
  at: string;
  /** Whom it is about, such as `pod-2`; empty where the verdict's words say it. */
  where: string;
  /** Since when it holds again; left out while it does not. ISO 8601, UTC. */
  mendedAt?: string;
}

/** What happened in one second. */
export interface Second {
  /** Epoch seconds. */
  at: number;
  admitted: number;
  refused: Record<RefusalReason, number>;
  /** Milliseconds from message to reply. */
  replies: Histogram;
  open: number;
  capacity: number;
  /** Connections of the fullest pod, most ever on any pod, and what each may have. */
  fullest: number;
  highWater: number;
  limit: number;
  /** Admissions a second that are allowed. */
  rate: number;
}

/** Entries that are kept. */
export const MOST_ENTRIES = 500;

/** Seconds that are kept. */
export const MOST_SECONDS = 3600;

/** Clients that are told apart; all others count as one. */
export const MOST_CLIENTS = 10_000;

/** The name of all clients beyond those. */
export const OTHERS = 'others';

const noRefusals = (): Record<RefusalReason, number> => ({
  ...{ rate: 0, full: 0, draining: 0, client: 0, other: 0 },
});
const nobody = (): Party => ({ open: 0, admitted: 0, refused: noRefusals() });

const SHARDS = 64;
const shardOf = (name: string) =>
  [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 9973, 0) % SHARDS;

/** What happened at a client; undefined: nothing is known of it. */
export function clientOf(view: View, name: string): Party | undefined {
  return view.clients[shardOf(name)]?.[name];
}

/** The view of a run of which nothing was told yet. */
export function startView(setup: Setup): View {
  return {
    setup,
    pods: Object.fromEntries(setup.pods.map(({ name }) => [name, []])),
    clients: Array.from({ length: SHARDS }, () => ({})),
    knownClients: 0,
    edges: Object.fromEntries(setup.edges.map(({ name }) => [name, nobody()])),
    entries: [],
    happened: 0,
    breaches: [],
    marks: [],
    seconds: [],
  };
}

/** The view after some more events, in the order in which they were told. Changes nothing of the view before. */
export function reduce(before: View, events: readonly RunEvent[]): View {
  if (events.length === 0) return before;
  const view: View = {
    ...before,
    pods: { ...before.pods },
    clients: [...before.clients],
    entries: events.some(isHappening) ? [...before.entries] : before.entries,
    seconds: [...before.seconds],
  };
  for (const event of events) {
    if (event.event === 'state') standing(view, event);
    else if (event.event === 'setup') changedSetup(view, event.setup);
    else if (event.event === 'mark') {
      const { event: _, ...mark } = event;
      view.marks = [...view.marks, mark].slice(-MOST_ENTRIES);
    } else happened(view, event);
  }
  if (view.entries.length > MOST_ENTRIES) view.entries = view.entries.slice(-MOST_ENTRIES);
  if (view.seconds.length > MOST_SECONDS) view.seconds = view.seconds.slice(-MOST_SECONDS);
  return view;
}

function isHappening(event: RunEvent): event is Happening {
  return event.event !== 'state' && event.event !== 'mark' && event.event !== 'setup';
}

/** What was seen of those who stay is kept; those who are gone have nothing open. */
function changedSetup(view: View, setup: Setup): void {
  const gone = (kind: 'pods' | 'edges') => {
    const stay = new Set(setup[kind].map(({ name }) => name));
    return view.setup[kind].map(({ name }) => name).filter((name) => !stay.has(name));
  };
  for (const pod of gone('pods')) {
    while (closed(view, pod, () => true));
    delete view.pods[pod];
  }
  const edges = gone('edges');
  for (const pod of edges.length > 0 ? Object.keys(view.pods) : []) {
    while (closed(view, pod, ({ edge }) => edges.includes(edge)));
  }
  const { connectionsPerPod: before } = view.setup;
  if (view.state && before !== setup.connectionsPerPod) {
    // Shown before the next state tells of it. A pod that has a limit of its own keeps it.
    const pods = view.state.pods.map((pod) =>
      pod.limit === before ? { ...pod, limit: setup.connectionsPerPod } : pod,
    );
    view.state = { ...view.state, pods };
  }
  view.setup = setup;
  for (const { name } of setup.pods) view.pods[name] ??= [];
  view.edges = { ...view.edges };
  for (const name of edges) delete view.edges[name];
  for (const { name } of setup.edges) view.edges[name] ??= nobody();
}

function happened(view: View, event: Happening): void {
  view.entries.push({ ...event, n: view.happened++ });
  const atMs = Date.parse(event.at);
  switch (event.event) {
    case 'open': {
      const connections = view.pods[event.pod] ?? [];
      const slot = freeSlot(connections);
      const { requestId, client, edge, before } = event;
      view.pods[event.pod] = [...connections, { requestId, client, edge, slot, sinceMs: atMs, replies: 0 }];
      changeBoth(view, client, edge, (party) => {
        party.open++;
        if (!before) admit(party, atMs);
      });
      // The charts begin where somebody watches.
      if (before) break;
      admit(view, atMs);
      secondOf(view, atMs).admitted++;
      break;
    }
    case 'close':
      closed(view, event.pod, (one) => one.requestId === event.requestId);
      break;
    case 'refused': {
      const { reason, client, edge } = event;
      changeBoth(view, client, edge, (party) => {
        party.refused = { ...party.refused, [reason]: party.refused[reason] + 1 };
      });
      secondOf(view, atMs).refused[reason]++;
      break;
    }
    case 'reply':
      count(secondOf(view, atMs).replies, event.roundTripMs);
      for (const [pod, connections] of Object.entries(view.pods)) {
        if (!connections.some(({ requestId }) => requestId === event.requestId)) continue;
        view.pods[pod] = connections.map((one) =>
          one.requestId === event.requestId ? { ...one, replies: one.replies + 1 } : one,
        );
      }
      break;
  }
}

function standing(view: View, state: RunState): void {
  view.state = state;
  const second = secondOf(view, Date.parse(state.at));
  second.open = state.slots.open;
  second.capacity = state.slots.capacity;
  second.fullest = Math.max(0, ...state.pods.map(({ open }) => open));
  second.highWater = Math.max(0, ...state.pods.map(({ highWater }) => highWater));
  second.limit = view.setup.connectionsPerPod;
  second.rate = view.setup.newConnectionsPerSecond;
  // The end of a connection through an edge that was killed is in no log.
  for (const { name } of state.silent.edges) {
    for (const pod of state.pods) {
      while ((view.pods[pod.name]?.length ?? 0) > pod.open) {
        if (!closed(view, pod.name, ({ edge }) => edge === name)) break;
      }
    }
  }
  for (const { status, name, promise, expected, observed } of state.verdicts) {
    if (view.breaches.some((breach) => breach.name === name)) {
      view.breaches = view.breaches.map((breach) =>
        breach.name === name ? later(breach, status, state.at) : breach,
      );
    }
    if (status !== 'broken' || view.breaches.some((breach) => breach.name === name)) continue;
    const over = state.pods.filter(({ highWater, limit }) => highWater > limit);
    const where = name === 'limit' ? over.map((pod) => pod.name).join(', ') : '';
    view.breaches = [...view.breaches, { name, promise, expected, observed, at: state.at, where }];
  }
}

/** A breach after one more look; what cannot be seen just now is as it was. */
function later(breach: Breach, status: Verdict['status'], at: string): Breach {
  if (status === 'holds') return { mendedAt: at, ...breach };
  if (status === 'pending') return breach;
  const { mendedAt: _, ...still } = breach;
  return still;
}

/** Ends the first connection of a pod that `which` names; false when there is none. */
function closed(view: View, pod: string, which: (connection: Connection) => boolean): boolean {
  const connections = view.pods[pod] ?? [];
  const ended = connections.find(which);
  if (!ended) return false;
  view.pods[pod] = connections.filter((one) => one !== ended);
  changeBoth(view, ended.client, ended.edge, (party) => void party.open--);
  return true;
}

function freeSlot(connections: readonly Connection[]): number {
  const taken = new Set(connections.map(({ slot }) => slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
}

function admit(at: { admitted?: number; lastAdmissionMs?: number }, atMs: number): void {
  if (at.admitted !== undefined) at.admitted++;
  at.lastAdmissionMs = Math.max(at.lastAdmissionMs ?? 0, atMs);
}

/** Changes a copy of a client and of an edge; a client that is new may be one too many to be told apart. */
function changeBoth(view: View, client: string, edge: string, how: (party: Party) => void): void {
  const known = clientOf(view, client) !== undefined;
  const name = known || view.knownClients < MOST_CLIENTS ? client : OTHERS;
  if (!known && name === client) view.knownClients++;
  const shard = shardOf(name);
  view.clients[shard] = changed(view.clients[shard] ?? {}, name, how);
  view.edges = changed(view.edges, edge, how);
}

function changed(parties: Record<string, Party>, name: string, how: (party: Party) => void) {
  const party = { ...(parties[name] ?? nobody()) };
  how(party);
  return { ...parties, [name]: party };
}

/** The second of a moment, to be changed; logs come late, so it may lie a little back. */
function secondOf(view: View, atMs: number): Second {
  const at = Math.floor(atMs / 1000);
  const { seconds } = view;
  const last = seconds.at(-1);
  const fresh = (): Second => ({
    ...{ at, admitted: 0, refused: noRefusals(), replies: {} },
    ...{ open: last?.open ?? 0, capacity: last?.capacity ?? 0 },
    ...{ fullest: last?.fullest ?? 0, highWater: last?.highWater ?? 0 },
    limit: last?.limit ?? view.setup.connectionsPerPod,
    rate: last?.rate ?? view.setup.newConnectionsPerSecond,
  });
  let i = seconds.length;
  while (i > 0 && (seconds[i - 1] as Second).at > at) i--;
  const found = seconds[i - 1];
  if (found?.at === at) {
    const copy = { ...found, refused: { ...found.refused }, replies: { ...found.replies } };
    seconds[i - 1] = copy;
    return copy;
  }
  const second = fresh();
  seconds.splice(i, 0, second);
  return second;
}
