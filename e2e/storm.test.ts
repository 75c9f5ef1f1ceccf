import { expect, test } from 'vitest';
import { closeAll, openPerPod, sockets, startPlane, storm, sum, until, untilEdgesSee } from './harness.ts';

const rounds = 30;

test(`${rounds} storms of 100 simultaneous upgrades: 8 open each time, never a third on a pod`, async () => {
  const plane = await startPlane({ pods: 4, edges: 3 });
  for (let round = 1; round <= rounds; round++) {
    const attempts = await storm(plane, 100);
    const statuses = attempts.map(({ status }) => status);
    expect(
      statuses.filter((status) => status === 101),
      `round ${round}`,
    ).toHaveLength(8);
    expect(
      statuses.filter((status) => status === 503),
      `round ${round}`,
    ).toHaveLength(92);
    expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);
    await closeAll(sockets(attempts));
    await until(
      () => sum(openPerPod(plane)) === 0,
      () => `all slots are free: ${openPerPod(plane)}`,
    );
    await untilEdgesSee(plane, 4, 0);
  }
  expect(plane.pods.map((pod) => pod.highWater)).toEqual([2, 2, 2, 2]);
});
