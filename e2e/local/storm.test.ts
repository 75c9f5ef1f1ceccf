import { expect, test } from 'vitest';
import { type Attempt, freeAll, sockets, storm } from './attempts.ts';
import { serversCluster } from './bootstrap.ts';
import { openPerPod, type Plane, startPlane } from './harness.ts';

const rounds = 30;

test(`${rounds} storms of 100 simultaneous upgrades: 8 open each time, never a third on a pod`, async ({
  annotate,
}) => {
  const plane = await startPlane({ serverReplicas: 4, edgeReplicas: 3 });
  let slowest = 0;
  for (let round = 1; round <= rounds; round++) {
    const attempts = await storm(plane, 100);
    const odd = attempts.filter(({ status }) => status !== 101 && status !== 503);
    expect(odd, `round ${round}`).toEqual([]);
    expect(sockets(attempts), `round ${round}`).toHaveLength(8);
    expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);
    slowest = Math.max(slowest, ...attempts.map(({ milliseconds }) => milliseconds));
    await freeAll(plane, attempts);
  }
  expect(plane.pods.map((pod) => pod.highWater)).toEqual([2, 2, 2, 2]);
  await annotate(`most on a pod 2, open 8 of 8 every time, slowest answer ${(slowest / 1000).toFixed(2)} s`);
});

const oneEdge = { serverReplicas: 4, edgeReplicas: 1, concurrency: 4 };

/**
 * Attempts that were neither admitted nor refused by a full pod, in storms through one edge: so many, or until there
 * is such an attempt.
 */
async function oddOnes(plane: Plane, storms: number): Promise<Attempt[]> {
  const odd: Attempt[] = [];
  for (let round = 0; round < storms && odd.length === 0; round++) {
    const attempts = await storm(plane, 100);
    odd.push(...attempts.filter(({ status, headers }) => status !== 101 && headers['x-refusal'] !== 'full'));
    await freeAll(plane, attempts);
  }
  return odd;
}

test('100 upgrades at once through one edge: each is admitted or told that the pods are full', async () => {
  expect(await oddOnes(await startPlane(oneEdge), 4)).toEqual([]);
});

test('control: with a tight guard against leaks some hang, or are told that a connection failed', async () => {
  const plane = await startPlane({
    ...oneEdge,
    ...{ tryTimeoutSeconds: 2, upgradeTimeoutSeconds: 5 },
    patch: (bootstrap) => {
      serversCluster(bootstrap).circuit_breakers = {
        thresholds: [{ max_connections: 64, max_pending_requests: 64, max_requests: 64, max_retries: 64 }],
        per_host_thresholds: [{ max_connections: 8 }],
      };
    },
  });
  expect((await oddOnes(plane, 12)).length).toBeGreaterThan(0);
});
