import { kubectl } from '@envoy-poc/layers/real-cluster';
import { deployments, ports } from '@envoy-poc/layers/workloads';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import { type ClientLine, clientLogs, expectEachBack, expectNoReplyLost, expectPaced } from './clients.ts';
import { type Cluster, expectHealthy, namespace, scale, settled } from './cluster.ts';
import { expectFull, metric } from './servers.ts';
import type { Setting } from './setting.ts';

/** Pods that go under the load of ten clients, as many as hold all of their connections between them. */
export function rolling(setting: () => Setting): void {
  describe('every client is told (1001) and is back within its rate; no reply is lost or doubled', () => {
    test('rolling restart of the servers', async () => {
      await expectToldAndBack(setting().cluster, 8, () => restart('server'));
    });

    test('rolling restart of the edges', async () => {
      await expectToldAndBack(setting().cluster, 8, () => restart('edge'));
      await expectHealthy(setting().cluster);
    });

    test('edges from 3 to 1', async () => {
      const { cluster } = setting();
      await expectToldAndBack(cluster, 5, async () => {
        await keepEmptiestEdge(cluster);
        await scale('edge', 1);
      });
      await scale('edge', 3);
    });
  });
}

/** Has the edge with the fewest connections outlive the others. */
async function keepEmptiestEdge(cluster: Cluster): Promise<void> {
  const name = 'envoy_http_downstream_cx_upgrades_active{envoy_http_conn_manager_prefix="ingress"}';
  const edges = await eventually(async () => {
    const seen = await Promise.all(
      (await cluster.pods('edge')).map(async (pod) => {
        const stats = await cluster.fromPod(pod, ports.edgeStats, '/stats/prometheus?filter=upgrades_active');
        return { pod: pod.metadata.name, connections: metric(stats, name) };
      }),
    );
    // An upgrade that is being tried counts as well, for a moment.
    expect(seen.map(({ connections }) => connections).reduce((a, b) => a + b)).toBe(8);
    return seen;
  });
  const [emptiest] = edges.sort((a, b) => a.connections - b.connections);
  // https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#pod-deletion-cost
  const cost = 'controller.kubernetes.io/pod-deletion-cost=100';
  await kubectl(['-n', namespace, 'annotate', 'pod', emptiest?.pod ?? '', cost]);
}

/** Replaces all pods of a workload, as its Deployment does for a change. */
export async function restart(workload: 'server' | 'edge'): Promise<void> {
  await kubectl(['-n', namespace, 'rollout', 'restart', `deployment/${deployments[workload]}`]);
}

/** Lets pods go, of which at least so many connections end, and looks at what the clients saw. */
async function expectToldAndBack(
  cluster: Cluster,
  least: number,
  change: () => Promise<void>,
): Promise<void> {
  const lines = await seenDuring(cluster, change);
  const closes = lines.flat().filter(({ event }) => event === 'close');
  expect(closes.length).toBeGreaterThanOrEqual(least);
  expect(closes.map(({ code }) => code)).toEqual(closes.map(() => 1001));
  expectPaced(lines);
  await expectNoReplyLost(cluster);
}

/** What the clients log from before `change` until nothing is on its way out and all slots are filled again. */
export async function seenDuring(cluster: Cluster, change: () => Promise<void>): Promise<ClientLine[][]> {
  await settled(cluster, 'server');
  await settled(cluster, 'edge');
  await expectFull(cluster, 4);
  const before = await clientLogs(cluster);
  await change();
  await settled(cluster, 'server');
  await settled(cluster, 'edge');
  await expectFull(cluster, 4);
  return expectEachBack(cluster, before);
}
