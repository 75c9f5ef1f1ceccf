import type { RunEvent, Setup } from '../events.ts';
import { broken, closed, opened, refused, replied, setupOf, stateOf } from './run.ts';

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

/** The default run after some time: all slots open, now and then one closes and is taken anew. */
export function steady(setup = setupOf(), seconds = 75): Scene {
  const random = randomly(7);
  const { clients, edges, pods, connectionsPerPod } = setup;
  const anyOf = (all: readonly unknown[]) => 1 + Math.floor(random() * all.length);
  const capacity = pods.length * connectionsPerPod;
  const open: { client: number; edge: number; pod: number; id: number }[] = [];
  const opening = Math.ceil(setup.newConnectionsPerSecond);
  const events: RunEvent[] = [];
  let id = 0;
  const openAt = (at: number) => {
    const counts = pods.map((_, i) => open.filter(({ pod }) => pod === i + 1).length);
    const pod = counts.indexOf(Math.min(...counts)) + 1;
    const one = { client: anyOf(clients), edge: anyOf(edges), pod, id: ++id };
    open.push(one);
    events.push(opened(at, one.client, one.edge, one.pod, one.id));
  };
  for (let second = 1; second <= seconds; second++) {
    const at = (part: number) => second - 1 + part;
    for (let n = 0; n < opening && open.length < capacity; n++) openAt(at(0.1 + n / 1000));
    if (second % 23 === 0 && second < seconds - 5) {
      const [gone] = open.splice(Math.floor(random() * open.length), 1);
      if (gone) events.push(closed(at(0.3), gone.client, gone.edge, gone.pod, gone.id));
    }
    const reason = open.length < capacity ? 'rate' : 'full';
    if (random() < 0.75) events.push(refused(at(0.4), anyOf(clients), anyOf(edges), reason));
    for (const { client, pod, id: of } of open.slice(0, 20)) {
      if (random() < 0.09) events.push(replied(at(0.6), client, pod, 1.5 + 5 * random() ** 4, of));
    }
    const counts = pods.map((_, i) => open.filter(({ pod }) => pod === i + 1).length);
    events.push({
      event: 'state',
      ...stateOf(
        setup,
        second,
        counts,
        pods.map(() => connectionsPerPod),
      ),
    });
  }
  return { setup, before: events, next: [], seconds };
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

/** Ten thousand clients and a hundred pods. */
export function many(): Scene {
  return steady(setupOf({ clients: 10_000, edges: 10, pods: 100, limit: 10, rate: 20 }), 75);
}
