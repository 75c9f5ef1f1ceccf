import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Breach, breachesOf } from '../helpers/history.ts';
import { routesToPods } from '../local/bootstrap.ts';
import { type PlaneOptions, startPlane } from '../local/harness.ts';
import { Pickers } from './picker-faults.ts';
import { fill, Recorder } from './recorder.ts';

const perSecond = 4;
const capacity = 4;

interface Mutant extends Partial<PlaneOptions> {
  /** What the picker admits a second, instead of what was promised. */
  pickerPerSecond?: number;
  /** What the picker is told of a pod's limit, by the number of the pod. */
  limitOf?: (limit: number, pod: number) => number;
}

/** Two pods of two, one edge and its picker, of which one is not as it should be. */
async function start({ pickerPerSecond = perSecond, limitOf = (limit) => limit, ...options }: Mutant) {
  const plane = await startPlane({
    ...{ serverReplicas: 2, edgeReplicas: 1, admission: 'exact', newConnectionsPerSecond: perSecond },
    ...{ withoutPickers: true, pingIntervalSeconds: 600, ...options },
  });
  const pickers = new Pickers(plane, pickerPerSecond);
  const addresses = plane.places.pods.map(({ address }) => address);
  await pickers.start((pod, limit) => limitOf(limit, addresses.indexOf(pod)));
  return { plane, recorder: new Recorder(plane) };
}

/** Attempts one after the other for two seconds; those that are admitted stay. */
async function twoSeconds(recorder: Recorder): Promise<void> {
  for (const endAt = performance.now() + 2000; performance.now() < endAt; ) {
    await recorder.attempt(0);
    await sleep(20);
  }
}

/** The promises that were broken, each once. */
function broken(breaches: readonly Breach[]): Breach['promise'][] {
  return [...new Set(breaches.map(({ promise }) => promise))];
}

test('control: where all is as it should be, no promise is broken', async () => {
  const { recorder } = await start({});
  await fill(recorder, capacity, 1);
  await twoSeconds(recorder);
  expect(breachesOf(await recorder.history(perSecond))).toEqual([]);
});

test('pods that accept one more are found', async () => {
  const { plane, recorder } = await start({ connectionsPerPod: 3 });
  await fill(recorder, 6, 1);
  const history = await recorder.history(perSecond);
  const limits = Object.fromEntries(plane.pods.map(({ address }) => [address, 2]));
  const breaches = breachesOf({ ...history, limits });
  expect(broken(breaches)).toEqual(['limit']);
  expect(breaches.map(({ attempts }) => attempts.length)).toEqual([3, 3]);
});

test('a picker that believes in one slot more is found, while no pod takes a third', async () => {
  const { plane, recorder } = await start({ limitOf: (limit) => limit + 1 });
  await fill(recorder, capacity, 1);
  await twoSeconds(recorder);
  expect(plane.pods.map(({ highWater }) => highWater)).toEqual([2, 2]);
  // What it hands out and pods refuse costs others their turn.
  expect(broken(breachesOf(await recorder.history(perSecond)))).toEqual(['rate']);
});

test('a picker that believes in one slot less is found', async () => {
  const { recorder } = await start({ limitOf: (limit) => limit - 1 });
  await twoSeconds(recorder);
  expect(broken(breachesOf(await recorder.history(perSecond)))).toEqual(['full']);
});

/** Told so much of the first pod, a picker sends everybody there first. */
const favourite = (limit: number, pod: number) => (pod === 0 ? 1000 : limit);

test('an edge that does not try the next pod of the list is found', async () => {
  const { recorder } = await start({
    limitOf: favourite,
    patch: (bootstrap) => {
      for (const { name, route } of routesToPods(bootstrap)) {
        if (name === 'picked') Object.assign(route, { retry_policy: undefined });
      }
    },
  });
  await twoSeconds(recorder);
  expect(broken(breachesOf(await recorder.history(perSecond)))).toContain('full');
});

test('control: an edge that tries the next pod makes up for the same picker', async () => {
  const { recorder } = await start({ limitOf: favourite });
  await fill(recorder, capacity, 1);
  expect(breachesOf(await recorder.history(perSecond))).toEqual([]);
});

test('a picker that admits twice as many is found', async () => {
  const { recorder } = await start({ pickerPerSecond: 2 * perSecond });
  await fill(recorder, capacity, 1);
  expect(broken(breachesOf(await recorder.history(perSecond)))).toEqual(['gap']);
});

test('a picker that admits half as many is found', async () => {
  const { recorder } = await start({ pickerPerSecond: perSecond / 2 });
  await fill(recorder, capacity, 1);
  expect(broken(breachesOf(await recorder.history(perSecond)))).toEqual(['rate']);
});
