import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '@envoy-poc/local';
import { expect, test } from 'vitest';
import { edgeAt, load, startPlane } from './harness.ts';
import { leastBurst, modelAdmissions, rateDecisions } from './rates.ts';

const seconds = 20;
const edges = 3;
const roomy = { pods: 2, connectionsPerPod: 1000, admissionsPerSecond: 1 };

test('three edges share it: one a second together, a third of it each; nothing else costs', async ({
  annotate,
}) => {
  const plane = await startPlane({ ...roomy, edges });
  const { perSecond, burst } = plane.limits.admission;
  const plain: number[] = [];
  const others = (async () => {
    for (let i = 0; i < seconds * 10; i++) {
      const { ingress } = edgeAt(plane, i % edges);
      plain.push((await fetch(`http://${show(ingress)}${i % 2 ? '/healthz' : '/'}`)).status);
      await sleep(100);
    }
  })();
  const attempts = await load(plane, { perSecond: 20, seconds });
  await others;
  const decisions = await rateDecisions(plane, attempts.length);
  expect(leastBurst(decisions, perSecond)).toBeLessThanOrEqual(burst + 0.1);
  const share = { perSecond: perSecond / edges, burst: burst / edges };
  for (const edge of new Set(decisions.map((decision) => decision.edge))) {
    const own = decisions.filter((decision) => decision.edge === edge);
    const admitted = own.filter((decision) => decision.admitted).length;
    expect(leastBurst(own, share.perSecond), edge).toBeLessThanOrEqual(share.burst + 0.1);
    expect(Math.abs(admitted - modelAdmissions(own, share)), edge).toBeLessThanOrEqual(1);
  }
  expect(new Set(plain)).toEqual(new Set([200, 426]));
  const admitted = decisions.filter((decision) => decision.admitted).length;
  const lasted = (decisions.at(-1)?.at ?? 0) - (decisions[0]?.at ?? 0);
  await annotate(`${admitted} of ${attempts.length} admitted in ${lasted.toFixed(1)} s`);
});

test('control: edges that do not share admit more than the rate', async () => {
  const plane = await startPlane({
    ...{ ...roomy, edges },
    patch: (bootstrap) => {
      const text = JSON.stringify(bootstrap).replaceAll(',"local_cluster_rate_limit":{}', '');
      Object.assign(bootstrap, JSON.parse(text));
    },
  });
  const { perSecond, burst } = plane.limits.admission;
  const attempts = await load(plane, { perSecond: 20, seconds: 10 });
  const decisions = await rateDecisions(plane, attempts.length);
  expect(leastBurst(decisions, perSecond)).toBeGreaterThan(2 * burst);
});
