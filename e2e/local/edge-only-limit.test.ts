import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { sockets, storm } from './attempts.ts';
import { type Bootstrap, serversCluster } from './bootstrap.ts';
import { startPlane } from './harness.ts';

const limitAtTheEdge = (bootstrap: Bootstrap) => {
  serversCluster(bootstrap).circuit_breakers = { per_host_thresholds: [{ max_connections: 2 }] };
};

test('control: a limit of 2 at the edge alone lets more than 2 on a pod, and the others hang', async ({
  annotate,
}) => {
  const plane = await startPlane({
    ...{ serverReplicas: 4, edgeReplicas: 3, concurrency: 4, patch: limitAtTheEdge },
    ...{ tryTimeoutSeconds: 2, upgradeTimeoutSeconds: 5 },
    server: { connectionsPerPod: 1000 },
  });
  const attempts = storm(plane, 60);
  // By now the pod's own limit would have answered everybody; see the storms.
  const early = await Promise.race([attempts, sleep(2000)]);
  expect(early, 'some attempts still hang').toBeUndefined();
  const finished = await attempts;
  const most = Math.max(...plane.pods.map((pod) => pod.highWater));
  const slowest = Math.max(...finished.map(({ milliseconds }) => milliseconds)) / 1000;
  await annotate(
    `most on a pod ${most}, open ${sockets(finished).length} of 8, slowest answer ${slowest.toFixed(2)} s`,
  );
  expect(most).toBeGreaterThan(2);
  expect(sockets(finished).length).toBeGreaterThan(8);
  expect(finished.filter(({ status }) => status === 504).length).toBeGreaterThan(0);
});
