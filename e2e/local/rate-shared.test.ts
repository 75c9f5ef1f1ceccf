import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '@envoy-poc/cli/start';
import { admissionRate, defaultLimits, type Limits } from '@envoy-poc/edge';
import { expect, test } from 'vitest';
import { attempt, load } from './attempts.ts';
import { type Bootstrap, upgradeRate } from './bootstrap.ts';
import { edgeAt, edgeUrl, type Plane, startPlane } from './harness.ts';
import { leastBurst, modelAdmissions, rateDecisions } from './rates.ts';

const seconds = 20;
const edgeReplicas = 3;
const roomy = { serverReplicas: 2, connectionsPerPod: 1000, newConnectionsPerSecond: 1 };

// They wait for the rate, and need no processor meanwhile.
test.concurrent('three edges share it: one a second together, a third of it each; nothing else costs', async (context) => {
  const plane = await startPlane({ ...roomy, edgeReplicas }, context);
  const { perSecond, burst } = admissionRate(plane.limits);
  const plain: number[] = [];
  const others = (async () => {
    for (let i = 0; i < seconds * 10; i++) {
      const { ingress } = edgeAt(plane, i % edgeReplicas);
      plain.push((await fetch(`http://${show(ingress)}${i % 2 ? '/healthz' : '/'}`)).status);
      await sleep(100);
    }
  })();
  const attempts = await load(plane, { perSecond: 20, seconds });
  await others;
  const decisions = await rateDecisions(plane, attempts.length);
  expect(leastBurst(decisions, perSecond)).toBeLessThanOrEqual(burst + 0.1);
  const share = { perSecond: perSecond / edgeReplicas, burst: burst / edgeReplicas };
  for (const edge of new Set(decisions.map((decision) => decision.edge))) {
    const own = decisions.filter((decision) => decision.edge === edge);
    const admitted = own.filter((decision) => decision.admitted).length;
    expect(leastBurst(own, share.perSecond), edge).toBeLessThanOrEqual(share.burst + 0.1);
    expect(Math.abs(admitted - modelAdmissions(own, share)), edge).toBeLessThanOrEqual(1);
  }
  expect(new Set(plain)).toEqual(new Set([200, 426]));
  const admitted = decisions.filter((decision) => decision.admitted).length;
  const lasted = (decisions.at(-1)?.at ?? 0) - (decisions[0]?.at ?? 0);
  await context.annotate(`${admitted} of ${attempts.length} admitted in ${lasted.toFixed(1)} s`);
});

/** Whether the edges together admit more than twice the rate allows. */
async function exceeds(plane: Plane): Promise<boolean> {
  const { perSecond, burst } = admissionRate(plane.limits);
  const attempts = await load(plane, { perSecond: 20, seconds: 8 });
  const decisions = await rateDecisions(plane, attempts.length);
  return leastBurst(decisions, perSecond) > 2 * burst;
}

test.concurrent('whatever DNS says of the edges, and before it says anything: no more than the rate', async (context) => {
  // An edge that looked for the others would find nobody.
  const patch = (bootstrap: Bootstrap) => {
    for (const cluster of bootstrap.static_resources.clusters) {
      if (cluster.name !== 'servers' && cluster.name !== 'admin') lookUp(cluster, 'nobody.invalid');
    }
  };
  expect(await exceeds(await startPlane({ ...roomy, edgeReplicas, patch }, context))).toBe(false);
});

test.concurrent('one edge of three admits its part, though it is alone', async (context) => {
  const plane = await startPlane({ ...roomy, edgeReplicas }, context);
  for (const edge of plane.edges.slice(1)) edge.kill('SIGKILL');
  const attempts = [];
  for (let i = 0; i < 10; i++) attempts.push(await attempt(edgeUrl(plane, 0)));
  const decisions = await rateDecisions(plane, attempts.length);
  expect(leastBurst(decisions, plane.limits.newConnectionsPerSecond / edgeReplicas)).toBeLessThanOrEqual(1.1);
});

/** Makes every edge hold the whole bucket, of which it takes a part that depends on how many edges it knows of. */
function shareByNumber(bootstrap: Bootstrap, limits: Limits, name: string): void {
  const { perSecond, burst } = admissionRate(limits);
  Object.assign(upgradeRate(bootstrap), {
    token_bucket: { max_tokens: burst, tokens_per_fill: 1, fill_interval: `${1 / perSecond}s` },
    local_cluster_rate_limit: {},
  });
  const cluster = { name: 'edges' };
  lookUp(cluster, name);
  bootstrap.static_resources.clusters.push(cluster);
  bootstrap.cluster_manager = { local_cluster_name: 'edges' };
}

function lookUp(cluster: { name: string; [field: string]: unknown }, address: string): void {
  const type = 'type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster';
  Object.assign(cluster, {
    type: undefined,
    cluster_type: {
      name: 'envoy.cluster.dns',
      typed_config: { '@type': type, dns_lookup_family: 'V4_ONLY' },
    },
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: cluster.name,
      endpoints: [
        { lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: 80 } } } }] },
      ],
    },
  });
}

test.concurrent.for([
  ['nobody', 'nobody.invalid'],
  ['one', 'localhost'],
] as const)(
  'control: edges that divide the rate by their number admit more when DNS names %s',
  async ([, name], context) => {
    const limits = { ...defaultLimits, ...roomy, edgeReplicas };
    const patch = (bootstrap: Bootstrap) => shareByNumber(bootstrap, limits, name);
    expect(await exceeds(await startPlane({ ...roomy, edgeReplicas, patch }, context))).toBe(true);
  },
);
