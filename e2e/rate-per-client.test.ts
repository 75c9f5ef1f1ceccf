import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { admitted, attempt, edgeAt, edgeUrl, load, type Plane, startPlane } from './harness.ts';

const roomy = { pods: 2, connectionsPerPod: 1000, admissionsPerSecond: 1 };

/** One client attempts all the time, another once a second; how often was each admitted? */
async function noisyAndQuiet(plane: Plane, noisyHeaders: (i: number) => Record<string, string> = () => ({})) {
  const network = edgeAt(plane, 0).ingress.address.split('.').slice(0, 2).join('.');
  const [noisy, quiet] = await Promise.all([
    load(plane, { perSecond: 20, seconds: 15 }, (i) => ({
      from: `${network}.9.1`,
      headers: noisyHeaders(i),
    })),
    load(plane, { perSecond: 1, seconds: 15 }, () => ({ from: `${network}.9.2` })),
  ]);
  return { noisy: admitted(noisy), quiet: admitted(quiet) };
}

const twoASecond = { ...roomy, edges: 1, admissionsPerSecond: 2 };

test('a noisy client cannot starve a quiet one', async () => {
  const plane = await startPlane({ ...twoASecond, admissionsPerClientPerSecond: 1 });
  const { noisy, quiet } = await noisyAndQuiet(plane);
  expect(noisy).toBeLessThanOrEqual(16 + 1);
  expect(quiet).toBeGreaterThanOrEqual(8);
});

test('control: without a rate for each client it does', async () => {
  const plane = await startPlane(twoASecond);
  const { noisy, quiet } = await noisyAndQuiet(plane);
  expect(noisy).toBeGreaterThanOrEqual(22);
  expect(quiet).toBeLessThan(8);
});

test('a forged X-Forwarded-For earns nothing', async () => {
  const plane = await startPlane({ ...twoASecond, admissionsPerClientPerSecond: 1 });
  const forged = (i: number) => ({ 'x-forwarded-for': `10.0.${i >> 8}.${i & 255}` });
  const { noisy } = await noisyAndQuiet(plane, forged);
  expect(noisy).toBeLessThanOrEqual(16 + 1);
  expect(new Set(plane.accessLog.map((line) => line.client)).size).toBe(2);
});

test('but one that comes from the load balancer is the client’s address, whatever it forged before', async () => {
  const loadBalancer = '127.0.0.0/8';
  const plane = await startPlane({ ...twoASecond, trustedProxyCidrs: [loadBalancer] });
  const headers = { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' };
  await attempt(edgeUrl(plane, 0), { headers });
  await sleep(500);
  expect(plane.accessLog.map((line) => line.client)).toEqual(['203.0.113.9']);
});
