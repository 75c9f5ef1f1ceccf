import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '@envoy-poc/cli/start';
import { edgeReady } from '@envoy-poc/cli/start';
import { expect, test } from 'vitest';
import { edgeAt, type Plane, pickersReady, startPlane, startPodProcess } from '../local/harness.ts';
import { recordPlane } from './record-plane.ts';
import { churn, empty, fill, Recorder } from './recorder.ts';

/** Each fault so often, one after the other. */
const rounds = Number(process.env.CHAOS_ROUNDS ?? 1);

const size = { serverReplicas: 4, edgeReplicas: 3 };
const capacity = 8;

/** Longest time until all slots can be taken again after a fault. */
const FULL_AGAIN_MS = 10_000;

/** How long a fault lasts. */
const FAULT_MS = 1500;

/** Begins a fault; what it returns ends it. */
type Fault = (plane: Plane, pods: Child[], n: number) => Promise<() => Promise<void>>;

const faults: Record<string, Fault> = {
  'a pod is killed': async (plane, pods, n) => {
    pods[n]?.kill('SIGKILL');
    await pods[n]?.ended;
    return async () => {
      pods[n] = await startPodProcess(plane, n);
    };
  },
  'a pod is frozen': async (_, pods, n) => {
    pods[n]?.kill('SIGSTOP');
    return async () => pods[n]?.kill('SIGCONT');
  },
  'an edge is killed': async (plane) => {
    plane.edges[2]?.kill('SIGKILL');
    await plane.edges[2]?.ended;
    return async () => edgeReady(await plane.startEdge(2), edgeAt(plane, 2), size.serverReplicas);
  },
  'an edge is frozen': async (plane) => {
    plane.edges[1]?.kill('SIGSTOP');
    return async () => plane.edges[1]?.kill('SIGCONT');
  },
  'two pods are killed, and the first picker': async (plane, pods) => {
    const picker = plane.pickers[0];
    for (const child of [picker, pods[0], pods[1]]) child?.kill('SIGKILL');
    await Promise.all([picker, pods[0], pods[1]].map((child) => child?.ended));
    return async () => {
      await plane.startPicker(0);
      for (const n of [0, 1]) pods[n] = await startPodProcess(plane, n);
    };
  },
};

test('after each fault of a pod, an edge or a picker: all slots can be taken again within 10 s', {
  timeout: 60_000 + rounds * 120_000,
}, async (context) => {
  const { annotate } = context;
  const plane = await startPlane({
    ...{ ...size, admission: 'exact', newConnectionsPerSecond: 40, withoutPods: true },
    ...{ upgradeTimeoutSeconds: 5, tryTimeoutSeconds: 2, pickerTimeout: 'real' },
  });
  const pods = await Promise.all([0, 1, 2, 3].map((n) => startPodProcess(plane, n)));
  await Promise.all(plane.edges.map((edge, n) => edgeReady(edge, edgeAt(plane, n), size.serverReplicas)));
  await pickersReady(plane);
  const note = await recordPlane(plane, context);
  const recorder = new Recorder(plane);
  const fullAgain: [name: string, milliseconds: number][] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [name, begin] of Object.entries(faults)) {
      const load = churn(recorder, {
        ...{ until: 0, seconds: FAULT_MS / 1000 + 1, clients: 16, heldMs: 250, edges: size.edgeReplicas },
      });
      await sleep(500);
      note(name);
      const end = await begin(plane, pods, round % size.serverReplicas);
      await sleep(FAULT_MS);
      await end();
      note(`over: ${name}`);
      const endedAt = performance.now();
      await load;
      await fill(recorder, capacity, size.edgeReplicas);
      fullAgain.push([name, performance.now() - endedAt]);
      await empty(recorder);
    }
  }
  for (const name of Object.keys(faults)) {
    const times = fullAgain.filter(([of]) => of === name).map(([, milliseconds]) => Math.round(milliseconds));
    await annotate(`${name}: all slots taken again after ${times.join(', ')} ms`);
  }
  expect(fullAgain.filter(([, milliseconds]) => milliseconds > FULL_AGAIN_MS)).toEqual([]);
});
