import type { RunEvent, Setup } from '../events.ts';
import { after, broken, closed, opened, refused, replied, setupOf, stateOf } from './run.ts';

/** A run up to a moment, and what happens next while somebody looks. */
export interface Scene {
  setup: Setup;
  before: RunEvent[];
  next: RunEvent[];
  /** Seconds from the start of the run to the moment. */
  seconds: number;
}

/** Numbers from 0 to 1 that are the same every time. */
function randomly(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The default run as it happens, for ever: all slots open, now and then one closes and is taken anew. */
export function* goingOn(setup: Setup): Generator<RunEvent, never> {
  const random = randomly(7);
  const { clients, edges, pods, connectionsPerPod } = setup;
  const anyOf = (all: readonly unknown[]) => 1 + Math.floor(random() * all.length);
  const capacity = pods.length * connectionsPerPod;
  const open: { client: number; edge: number; pod: number; id: number }[] = [];
  const opening = Math.ceil(setup.newConnectionsPerSecond);
  const openOn = () => pods.map((_, i) => open.filter(({ pod }) => pod === i + 1).length);
  const highWater = pods.map(() => connectionsPerPod);
  let id = 0;
  for (let second = 1; ; second++) {
    const at = (part: number) => second - 1 + part;
    for (let n = 0; n < opening && open.length < capacity; n++) {
      const counts = openOn();
      const pod = counts.indexOf(Math.min(...counts)) + 1;
      const one = { client: anyOf(clients), edge: anyOf(edges), pod, id: ++id };
      open.push(one);
      yield opened(at(0.1 + n / 1000), one.client, one.edge, one.pod, one.id);
    }
    if (second % 23 === 0) {
      const [gone] = open.splice(Math.floor(random() * open.length), 1);
      if (gone) yield closed(at(0.3), gone.client, gone.edge, gone.pod, gone.id);
    }
    const reason = open.length < capacity ? 'rate' : 'full';
    if (random() < 0.75) yield refused(at(0.4), anyOf(clients), anyOf(edges), reason);
    for (const { client, pod, id: of } of open.slice(0, 20)) {
      if (random() < 0.09) yield replied(at(0.6), client, pod, 1.5 + 5 * random() ** 4, of);
    }
    yield { event: 'state', ...stateOf(setup, second, openOn(), highWater) };
  }
}

/** That run after some time. */
export function steady(setup = setupOf(), seconds = 75): Scene {
  const before: RunEvent[] = [];
  for (const event of goingOn(setup)) {
    before.push(event);
    if (event.event === 'state' && event.seconds >= seconds) break;
  }
  return { setup, before, next: [], seconds };
}

/** All clients attempt at once, and every slot is taken. */
export function storm(setup = setupOf()): Scene {
  const scene = steady(setup);
  const next = Array.from({ length: 60 }, (_, n) =>
    refused(scene.seconds + n / 100, (n % setup.clients.length) + 1, (n % setup.edges.length) + 1, 'full'),
  );
  return { ...scene, next };
}

/** A pod lets one more in than it may. */
export function breach(setup = setupOf()): Scene {
  const scene = steady(setup);
  const over = [2, 3, 2, 2];
  const state = broken(stateOf(setup, scene.seconds + 1, over), 'limit', 'most ever: 2 3 2 2');
  return { ...scene, next: [opened(scene.seconds + 0.5, 5, 2, 2, 999), { event: 'state', ...state }] };
}

/** Two pods have a connection that was opened around the edges. */
export function aroundTheEdges(setup = setupOf()): Scene {
  const { before, seconds } = steady(setup);
  const { pods, ...state } = stateOf(setup, seconds, [2, 2, 2, 2]);
  const some = ['pod-1', 'pod-3'];
  const last = some.map((pod) => before.findLast((event) => event.event === 'open' && event.pod === pod));
  const untold = pods.map((pod) => (some.includes(pod.name) ? { ...pod, untold: 1 } : pod));
  const logged = before.filter((event) => !last.includes(event));
  return { setup, before: [...logged, { event: 'state', ...state, pods: untold }], next: [], seconds };
}

/** That run as a stack: with names as the console of a cluster has them, and a place. */
export function deployed(): Scene {
  const random = randomly(5);
  const endings = new Map<string, string>();
  /** Of the letters that Kubernetes makes names of. */
  const ending = (name: string) => {
    const letters = 'bcdfghjklmnpqrstvwxz2456789';
    const known = endings.get(name) ?? [1, 2, 3, 4, 5].map(() => letters[Math.floor(random() * 27)]).join('');
    endings.set(name, known);
    return known;
  };
  const { setup, ...scene } = aroundTheEdges();
  const text = JSON.stringify({ ...scene, setup: { ...setup, place: 'stack dev' } })
    .replace(/"(pod|edge|client)-\d+"/g, (name, kind) => `"${kind}-${ending(name)}"`)
    .replace(/picker-(\d)/g, (_, n) => `picker-${n - 1}`);
  return JSON.parse(text);
}

/** Ten thousand clients and a hundred pods. */
export function many(): Scene {
  return steady(setupOf({ clients: 10_000, edges: 10, pods: 100, limit: 10, rate: 20 }), 75);
}

/** A run in which all happens that can: also marks, a breach, a frozen edge, and others who take part. */
export function eventful(setup = setupOf(), seconds = 600): Scene {
  const { before } = steady(setup, seconds);
  const other = setupOf({ pods: 3, edges: 4 });
  const at = (second: number): RunEvent[] => {
    const open = [2, 2, 1, 0];
    if (second % 37 === 0) return [{ event: 'mark', at: after(second), what: `pod-${second % 4} killed` }];
    if (second === Math.floor(seconds / 2)) {
      return [
        { event: 'state', ...broken(stateOf(setup, second, [2, 3, 2, 2]), 'limit', 'most ever: 2 3 2 2') },
      ];
    }
    if (second === Math.floor(seconds / 3)) {
      const state = stateOf(setup, second, open);
      return [
        { event: 'state', ...state, silent: { ...state.silent, edges: [{ name: 'edge-1', seconds: 4.2 }] } },
      ];
    }
    if (second === Math.floor((2 * seconds) / 3)) {
      return [{ event: 'setup', at: after(second), setup: { ...other, startedAt: setup.startedAt } }];
    }
    if (second % 11 !== 0) return [];
    const detail = `no answer after ${second / 7} s`;
    return [
      { event: 'failed', at: after(second), client: 'client-3', detail, requestId: `failed-${second}` },
    ];
  };
  let second = 0;
  const events = before.flatMap((event) => (event.event === 'state' ? [event, ...at(++second)] : [event]));
  return { setup, before: events, next: [], seconds };
}

/** An hour of the default run, of which every second says something new, as a real one does. */
export function hour(setup = setupOf(), seconds = 3600): Scene {
  const random = randomly(11);
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
  const ids = new Map<string, string>();
  const idOf = (name: string) => {
    const id = ids.get(name) ?? [8, 4, 4, 4, 12].map(hex).join('-');
    ids.set(name, id);
    return id;
  };
  const counts = { replies: 0, rate: 0, full: 0, opened: 0 };
  const { before } = steady(setup, seconds);
  const events = before.flatMap((event): RunEvent[] => {
    // Not on the second, as nothing is.
    const later = (text: string) => new Date(Date.parse(text) + Math.floor(random() * 90)).toISOString();
    if (event.event === 'mark' || event.event === 'setup') return [event];
    if (event.event === 'state') {
      const refused = counts.rate + counts.full;
      const words: Partial<Record<string, string>> = {
        rate: `${counts.opened} by the picker, smallest gap 1.004 s ± 0.003; 0 by shares`,
        allowed: `${counts.opened} admitted, ${counts.rate} refused by rate, of ${counts.rate} judged none wrongly`,
        full: `${counts.full} refused full, of ${counts.full} judged none wrongly`,
        replies: `${counts.replies} replies, all right`,
        refusals: `${counts.rate} by rate, ${counts.full} full, 0 other, slowest 9 ms`,
        logs: `${counts.opened + refused} found, 0 missing`,
      };
      const at = later(event.at);
      return [
        {
          ...{ ...event, at, seconds: (Date.parse(at) - Date.parse(setup.startedAt)) / 1000 },
          admissions: { ...event.admissions, total: counts.opened, opened: counts.opened },
          refusals: { ...event.refusals, rate: counts.rate, full: counts.full },
          replies: { total: counts.replies, wrong: 0 },
          logged: { found: counts.opened + refused, missing: 0 },
          verdicts: event.verdicts.map((one) => ({ ...one, observed: words[one.name] ?? one.observed })),
        },
      ];
    }
    const one = { ...event, at: later(event.at), requestId: idOf(event.requestId) };
    if (one.event === 'open') counts.opened++;
    if (one.event === 'reply') {
      counts.replies++;
      return [
        { ...one, timestamp: later(one.timestamp), roundTripMs: Math.round(one.roundTripMs * 1000) / 1000 },
      ];
    }
    if (one.event !== 'refused') return [one];
    // One attempt in each second.
    const more = random() < 1 / 3 ? [{ ...one, requestId: [8, 4, 4, 4, 12].map(hex).join('-') }] : [];
    counts[one.reason === 'rate' ? 'rate' : 'full'] += 1 + more.length;
    return [{ ...one, milliseconds: Math.floor(random() * 6) }, ...more];
  });
  return { setup, before: events, next: [], seconds };
}
