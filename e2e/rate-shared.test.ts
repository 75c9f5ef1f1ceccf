import { setTimeout as sleep } from 'node:timers/promises';
import { mostAdmissionsInOneSecond } from '@envoy-poc/edge';
import { show } from '@envoy-poc/local';
import { expect, test } from 'vitest';
import { admitted, edgeAt, load, type Plane, startPlane } from './harness.ts';

const seconds = 20;
const roomy = { pods: 2, connectionsPerPod: 1000, admissionsPerSecond: 1 };

/** Most admissions in any one second, by the edges' own clocks. */
function worstSecond(plane: Plane): number {
  const times = plane.accessLog
    .filter((line) => line.type === 'DownstreamTunnelSuccessfullyEstablished')
    .map((line) => Date.parse(line.time))
    .sort((a, b) => a - b);
  return Math.max(...times.map((start) => times.filter((t) => t >= start && t < start + 1000).length));
}

test('three edges share it: 20 and at most 3 more in 20 s, at most 3 in one second; nothing else costs', async () => {
  const plane = await startPlane({ ...roomy, edges: 3 });
  const plain: number[] = [];
  const others = (async () => {
    for (let i = 0; i < seconds * 10; i++) {
      const { ingress } = edgeAt(plane, i % 3);
      plain.push((await fetch(`http://${show(ingress)}${i % 2 ? '/healthz' : '/'}`)).status);
      await sleep(100);
    }
  })();
  const attempts = await load(plane, { perSecond: 20, seconds });
  await others;
  expect(admitted(attempts)).toBeGreaterThanOrEqual(seconds - 2);
  expect(admitted(attempts)).toBeLessThanOrEqual(seconds + 3);
  await sleep(500);
  expect(worstSecond(plane)).toBeLessThanOrEqual(mostAdmissionsInOneSecond(plane.limits.admission, 3));
  expect(new Set(plain)).toEqual(new Set([200, 426]));
});

test('control: three edges that do not share admit three times as many', async () => {
  const plane = await startPlane({
    ...{ ...roomy, edges: 3 },
    patch: (bootstrap) => {
      const text = JSON.stringify(bootstrap).replaceAll(',"local_cluster_rate_limit":{}', '');
      Object.assign(bootstrap, JSON.parse(text));
    },
  });
  const attempts = await load(plane, { perSecond: 20, seconds: 10 });
  expect(admitted(attempts)).toBeGreaterThan(25);
});
