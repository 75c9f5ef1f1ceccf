import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { attempt, closeAll, sockets } from './attempts.ts';
import { edgeAt, edgeUrl, type Plane, startPlane } from './harness.ts';
import { leastBurst, type RateDecision, rateDecisions } from './rates.ts';

const roomy = { serverReplicas: 2, connectionsPerPod: 1000, newConnectionsPerSecond: 1 };

const rounds = 6;

/**
 * One client attempts ten times at once, another once right after that, and again when the edge's bucket is full
 * again. What came of it, by the edge's clock.
 */
async function noisyAndQuiet(plane: Plane, noisyHeaders: (i: number) => Record<string, string> = () => ({})) {
  const network = edgeAt(plane, 0).ingress.address.split('.').slice(0, 2).join('.');
  const url = edgeUrl(plane, 0);
  for (let round = 0; round < rounds; round++) {
    const noise = Array.from({ length: 10 }, (_, i) =>
      attempt(url, { from: `${network}.9.1`, headers: noisyHeaders(10 * round + i) }),
    );
    const all = [...(await Promise.all(noise)), await attempt(url, { from: `${network}.9.2` })];
    await closeAll(sockets(all));
    await sleep(1200);
  }
  const decisions = await rateDecisions(plane, rounds * 11);
  return {
    noisy: decisions.filter(({ client }) => client !== `${network}.9.2`),
    quiet: decisions.filter(({ client }) => client === `${network}.9.2`),
  };
}

const admissions = (decisions: readonly RateDecision[]) =>
  decisions.filter(({ admitted }) => admitted).length;

const twoASecond = { ...roomy, edgeReplicas: 1, newConnectionsPerSecond: 2 };

// They wait for the rate, and need no processor meanwhile.
test.concurrent('a noisy client cannot starve a quiet one', async (context) => {
  const plane = await startPlane({ ...twoASecond, newConnectionsPerSecondPerClient: 1 }, context);
  const { noisy, quiet } = await noisyAndQuiet(plane);
  expect(leastBurst(noisy, 1)).toBeLessThanOrEqual(1.1);
  expect(admissions(quiet)).toBe(rounds);
});

test.concurrent('control: without a rate for each client it does', async (context) => {
  const plane = await startPlane(twoASecond, context);
  const { noisy, quiet } = await noisyAndQuiet(plane);
  expect(leastBurst(noisy, 1)).toBeGreaterThan(1.5);
  expect(admissions(quiet)).toBeLessThan(rounds / 2);
});

test.concurrent('a forged X-Forwarded-For earns nothing', async (context) => {
  const plane = await startPlane({ ...twoASecond, newConnectionsPerSecondPerClient: 1 }, context);
  const forged = (i: number) => ({ 'x-forwarded-for': `10.0.${i >> 8}.${i & 255}` });
  const { noisy } = await noisyAndQuiet(plane, forged);
  expect(leastBurst(noisy, 1)).toBeLessThanOrEqual(1.1);
  expect(new Set(plane.accessLog.map((line) => line.client)).size).toBe(2);
});

test('but one that comes from the load balancer is the client’s address, whatever it forged before', async () => {
  const loadBalancer = '127.0.0.0/8';
  const plane = await startPlane({ ...twoASecond, trustedProxyCidrs: [loadBalancer] });
  const headers = { 'x-forwarded-for': '198.51.100.7, 203.0.113.9' };
  await attempt(edgeUrl(plane, 0), { headers });
  await until(
    () => plane.accessLog.length > 0,
    () => 'the attempt is in the access log',
  );
  expect([...new Set(plane.accessLog.map((line) => line.client))]).toEqual(['203.0.113.9']);
});

test.each([
  ['whatever it forges', [], ['203.0.113.9', '203.0.113.10', '203.0.113.11'], [101, 429, 429]],
  [
    'behind a load balancer',
    ['127.0.0.0/8'],
    ['203.0.113.9', '203.0.113.9', '203.0.113.10'],
    [101, 429, 101],
  ],
] as const)('the picker counts a client over all edges: %s', async (_, trusted, addresses, expected) => {
  const plane = await startPlane({
    ...{ ...roomy, edgeReplicas: 2, newConnectionsPerSecond: 1000, newConnectionsPerSecondPerClient: 0.1 },
    ...{ admission: 'exact', trustedProxyCidrs: [...trusted] },
  });
  const statuses: number[] = [];
  for (const [n, address] of addresses.entries()) {
    const { status } = await attempt(edgeUrl(plane, n), { headers: { 'x-forwarded-for': address } });
    statuses.push(status);
  }
  expect(statuses).toEqual(expected);
  await until(
    () => plane.decisions.length === expected.length,
    () => 'the picker has logged its decisions',
  );
  expect(plane.decisions.map(({ answer }) => answer)).toEqual(
    expected.map((status) => (status === 101 ? 'picked' : 'rate')),
  );
});
