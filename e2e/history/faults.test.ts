import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { breachesOf, faultless, kindsOf, slowestOf } from '../helpers/history.ts';
import { until } from '../helpers/wait.ts';
import { pickerCluster } from '../local/bootstrap.ts';
import { type Plane, type PlaneOptions, pickerAt, pickersReady, startPlane } from '../local/harness.ts';
import { acceptedAt } from './kernel-sockets.ts';
import { Pickers, startNonsense } from './picker-faults.ts';
import { churn, empty, fill, Recorder, TELLING_MS } from './recorder.ts';

/** Attempts in all, at least; the target `history` makes more of them. */
const attempts = Number(process.env.HISTORY_ATTEMPTS ?? 2500);

/** Most attempts until each fault has been on once. */
const MOST_A_ROUND = 100_000;

/** What is left out as a whole when an edge took the first picker to be away meanwhile. */
const ATTEMPTS_AT_A_TIME = 5000;

/** How long a fault lasts. */
const FAULT_SECONDS = 1;

const perSecond = 40;
const size = { serverReplicas: 4, edgeReplicas: 2, connectionsPerPod: 2 };
const capacity = size.serverReplicas * size.connectionsPerPod;

/** Longest wait for an answer, and until all slots can be taken again after a fault. */
const ANSWER_MS = 5000;
const FULL_AGAIN_MS = 10_000;

function start(patch?: PlaneOptions['patch']): Promise<Plane> {
  return startPlane({
    ...{ ...size, admission: 'exact', newConnectionsPerSecond: perSecond, pingIntervalSeconds: 600 },
    // As edges have it: longer, and a test would not see what hangs.
    ...{ upgradeTimeoutSeconds: 5, tryTimeoutSeconds: 2, pickerTimeout: 'real', withoutPickers: true },
    ...(patch && { patch }),
  });
}

/** Begins a fault; what it returns ends it. */
type Fault = (pickers: Pickers, plane: Plane) => Promise<() => Promise<void>>;

const faults: Record<string, Fault> = {
  'the first picker is killed': async (pickers) => {
    await pickers.kill(0);
    return async () => pickers.startOne(0);
  },
  'the first picker is frozen': async (pickers) => {
    pickers.signal(0, 'SIGSTOP');
    return async () => pickers.signal(0, 'SIGCONT');
  },
  'both pickers are slow': async (pickers) => {
    let isOver = false;
    const pulses = (async () => {
      while (!isOver) {
        for (const n of [0, 1]) pickers.signal(n, 'SIGSTOP');
        await sleep(200 + Math.random() * 200);
        for (const n of [0, 1]) pickers.signal(n, 'SIGCONT');
        await sleep(Math.random() * 100);
      }
    })();
    return async () => {
      isOver = true;
      await pulses;
    };
  },
  'both pickers are killed': async (pickers) => {
    await Promise.all([0, 1].map((n) => pickers.kill(n)));
    return async () => [0, 1].forEach((n) => void pickers.startOne(n));
  },
  'the first picker talks nonsense': async (pickers, plane) => {
    await pickers.kill(0);
    const standIn = await startNonsense(pickerAt(plane, 0).decisions);
    return async () => {
      await standIn.close();
      pickers.startOne(0);
    };
  },
  'no pod reaches a picker': async (pickers, plane) => {
    for (const relay of pickers.relays) relay.cut(plane.pods.map(({ address }) => address));
    return async () => pickers.relays.forEach((relay) => void relay.mend());
  },
  'half of the pods reach no picker': async (pickers, plane) => {
    for (const relay of pickers.relays) relay.cut(plane.pods.slice(2).map(({ address }) => address));
    return async () => pickers.relays.forEach((relay) => void relay.mend());
  },
};

/**
 * Fills all slots and looks in the kernel's table whether each pod has exactly as many connections as its limit, besides
 * those by which edges ask for its health; tries some more, which are refused; then frees them.
 */
async function fillOnce(plane: Plane, recorder: Recorder): Promise<void> {
  await fill(recorder, capacity, size.edgeReplicas);
  const expected = Array(size.serverReplicas).fill(size.connectionsPerPod + size.edgeReplicas);
  let seen: number[] = [];
  await until(
    async () => {
      seen = await acceptedAt(plane.places.pods);
      return `${seen}` === `${expected}`;
    },
    () => `each pod has its limit of connections, and one of each edge: ${seen}`,
  );
  await Promise.all(Array.from({ length: 6 }, (_, i) => recorder.attempt(i % size.edgeReplicas)));
  await empty(recorder);
}

const timeout = 120_000 + attempts * 10;

test('whatever becomes of the pickers: never a third on a pod, no attempt hangs, all slots within 10 s, no false refusal', {
  timeout,
}, async ({ annotate }) => {
  const plane = await start();
  const pickers = new Pickers(plane, perSecond);
  await pickers.start();
  const recorder = new Recorder(plane);
  const names = Object.keys(faults);
  const rounds = Math.ceil(attempts / MOST_A_ROUND);
  const load = { clients: 32, heldMs: 250, edges: size.edgeReplicas };
  const times: { from: number; to: number }[] = [];
  const fullAgainMs = new Map<string, number>();

  /** All is judged, unless an edge took the first picker to be away for a while. */
  const calm = async (work: () => Promise<void>) => {
    const from = performance.now();
    const asked = await pickers.asked(1);
    await work();
    recorder.readLog();
    if ((await pickers.asked(1)) > asked) times.push({ from, to: performance.now() + TELLING_MS });
  };
  await calm(() => fillOnce(plane, recorder));
  for (let round = 0; round < rounds; round++) {
    for (const [n, [name, begin]] of Object.entries(faults).entries()) {
      const share = (attempts * (round * names.length + n + 1)) / (rounds * names.length);
      while (recorder.count < share) {
        const until = Math.min(share, recorder.count + ATTEMPTS_AT_A_TIME);
        await calm(() => churn(recorder, { ...load, until, seconds: 0 }));
      }
      const from = performance.now();
      const end = await begin(pickers, plane);
      await churn(recorder, { ...load, until: 0, seconds: FAULT_SECONDS });
      await end();
      const endedAt = performance.now();
      await fillOnce(plane, recorder);
      fullAgainMs.set(name, Math.max(performance.now() - endedAt, fullAgainMs.get(name) ?? 0));
      await pickersReady(plane);
      await sleep(TELLING_MS);
      times.push({ from, to: performance.now() });
    }
  }
  await calm(() => fillOnce(plane, recorder));
  const history = await recorder.history(perSecond, times);
  await annotate(
    `${recorder.count} attempts, slowest answer ${slowestOf(history).toFixed(0)} ms: ${JSON.stringify(kindsOf(history))}`,
  );
  const judged = kindsOf({ attempts: faultless(history, history.attempts) });
  await annotate(`judged in full, as no fault was on: ${JSON.stringify(judged)}`);
  for (const [name, ms] of fullAgainMs)
    await annotate(`${name}: all slots taken again after ${ms.toFixed(0)} ms`);

  expect(breachesOf(history).slice(0, 3)).toEqual([]);
  expect(plane.pods.map((pod) => pod.highWater)).toEqual(Array(4).fill(size.connectionsPerPod));
  expect(slowestOf(history)).toBeLessThan(ANSWER_MS);
  expect([...fullAgainMs].filter(([, ms]) => ms > FULL_AGAIN_MS)).toEqual([]);
  for (const kind of ['admitted (picked)', 'full (picker)', 'rate (picker)']) {
    expect(judged[kind], kind).toBeGreaterThan(0);
  }
  expect(recorder.count).toBeGreaterThanOrEqual(attempts);
});

test('edges that ask different pickers: never a third on a pod, no attempt hangs, all slots within 10 s', async ({
  annotate,
}) => {
  let edges = 0;
  const plane = await start((bootstrap) => {
    const { endpoints } = pickerCluster(bootstrap).load_assignment as { endpoints: { priority: number }[] };
    if (edges++ % 2)
      for (const endpoint of endpoints) endpoint.priority = endpoints.length - 1 - endpoint.priority;
  });
  const pickers = new Pickers(plane, perSecond);
  await pickers.start();
  const recorder = new Recorder(plane);
  const asked = () => Promise.all([0, 1].map((n) => pickers.asked(n)));
  await churn(recorder, { until: 400, seconds: 1, clients: 24, heldMs: 250, edges: size.edgeReplicas });
  const began = performance.now();
  await fillOnce(plane, recorder);
  const fullMs = performance.now() - began;
  expect(Math.min(...(await asked()))).toBeGreaterThan(100);
  // Each hears of the other's admissions only when they have taken place.
  const always = [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }];
  const history = await recorder.history(perSecond, always);
  expect(breachesOf(history)).toEqual([]);
  expect(plane.pods.map((pod) => pod.highWater)).toEqual(Array(4).fill(size.connectionsPerPod));
  expect(slowestOf(history)).toBeLessThan(ANSWER_MS);
  expect(fullMs).toBeLessThan(FULL_AGAIN_MS);
  await annotate(`slowest answer ${slowestOf(history).toFixed(0)} ms: ${JSON.stringify(kindsOf(history))}`);
});
