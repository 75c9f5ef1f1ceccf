import { expect, test } from 'vitest';
import { closeAll, openPerPod, sockets, startPlane, storm, sum, until, untilEdgesSee } from './harness.ts';

const rounds = 30;

test(`${rounds} storms of 100 simultaneous upgrades: 8 open each time, never a third on a pod`, async ({
  annotate,
}) => {
  const plane = await startPlane({ pods: 4, edges: 3 });
  let slowest = 0;
  for (let round = 1; round <= rounds; round++) {
    const attempts = await storm(plane, 100);
    const odd = attempts.filter(({ status }) => status !== 101 && status !== 503);
    expect(odd, `round ${round}`).toEqual([]);
    expect(sockets(attempts), `round ${round}`).toHaveLength(8);
    expect(openPerPod(plane)).toEqual([2, 2, 2, 2]);
    slowest = Math.max(slowest, ...attempts.map(({ milliseconds }) => milliseconds));
    await closeAll(sockets(attempts));
    await until(
      () => sum(openPerPod(plane)) === 0,
      () => `all slots are free: ${openPerPod(plane)}`,
    );
    await untilEdgesSee(plane, 4, 0);
  }
  expect(plane.pods.map((pod) => pod.highWater)).toEqual([2, 2, 2, 2]);
  await annotate(`most on a pod 2, open 8 of 8 every time, slowest answer ${(slowest / 1000).toFixed(2)} s`);
});
