import { admissionRate } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { admitted, load } from './attempts.ts';
import { startPlane } from './harness.ts';
import { leastBurst, modelAdmissions, rateDecisions } from './rates.ts';

const seconds = 20;
const roomy = { serverReplicas: 2, connectionsPerPod: 1000, newConnectionsPerSecond: 1 };

test('one edge, 20 attempts a second for 20 s: one a second is admitted', async ({ annotate }) => {
  const plane = await startPlane({ ...roomy, edgeReplicas: 1 });
  const admission = admissionRate(plane.limits);
  const attempts = await load(plane, { perSecond: 20, seconds });
  const decisions = await rateDecisions(plane, attempts.length);
  expect(leastBurst(decisions, admission.perSecond)).toBeLessThanOrEqual(admission.burst + 0.1);
  expect(Math.abs(admitted(attempts) - modelAdmissions(decisions, admission))).toBeLessThanOrEqual(1);
  const refused = attempts.filter(({ status }) => status !== 101);
  expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
  expect(refused[0]?.headers).toMatchObject({
    'retry-after': '1',
    'x-ratelimit-limit': expect.any(String),
  });
  const lasted = (decisions.at(-1)?.at ?? 0) - (decisions[0]?.at ?? 0);
  await annotate(`${admitted(attempts)} of ${attempts.length} admitted in ${lasted.toFixed(1)} s`);
});
