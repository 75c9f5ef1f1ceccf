import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { attempt, closeAll, sockets } from './attempts.ts';
import { type Bootstrap, serversCluster } from './bootstrap.ts';
import { edgeUrl, openPerPod, type Plane, startPlane, sum, untilEdgesSee } from './harness.ts';

test('slots that one edge left are found through another', async () => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 2 });
  for (let i = 0; i < 5; i++) expect((await attempt(edgeUrl(plane, 0))).status).toBe(101);
  for (let i = 0; i < 3; i++) expect((await attempt(edgeUrl(plane, 1))).status).toBe(101);
  expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);
  expect((await attempt(edgeUrl(plane, 1))).status).toBe(503);
});

/** Fills 40 pods but for one slot, then counts how many of `tries` upgrades find it. */
async function findLastSlot(plane: Plane, tries: number, beforeTry: () => Promise<void>): Promise<number> {
  const pods = plane.pods.length;
  for (let i = 0; sum(openPerPod(plane)) < 2 * pods - 1; i++) {
    await attempt(`ws://${plane.pods[i % pods]?.address}:${plane.pods[i % pods]?.port}/`);
  }
  let found = 0;
  for (let i = 0; i < tries; i++) {
    await beforeTry();
    const result = await attempt(edgeUrl(plane, 0));
    if (result.status === 101) found++;
    await closeAll(sockets([result]));
    await until(
      () => sum(openPerPod(plane)) === 2 * pods - 1,
      () => `one slot is free: ${sum(openPerPod(plane))}`,
    );
  }
  return found;
}

test('the one free slot among 40 pods is found, because full pods say that they are', async () => {
  const plane = await startPlane({ serverReplicas: 40, edgeReplicas: 1 });
  const found = await findLastSlot(plane, 10, () => untilEdgesSee(plane, 1, 39));
  expect(found).toBeGreaterThanOrEqual(9);
});

test('control: with pods that do not say it, the one free slot is mostly missed', async () => {
  const tcpHealthOnly = (bootstrap: Bootstrap) => {
    serversCluster(bootstrap).health_checks = [
      { timeout: '1s', interval: '1s', unhealthy_threshold: 2, healthy_threshold: 1, tcp_health_check: {} },
    ];
  };
  const plane = await startPlane({ serverReplicas: 40, edgeReplicas: 1, patch: tcpHealthOnly });
  const found = await findLastSlot(plane, 30, async () => {});
  expect(found).toBeLessThan(15);
});
