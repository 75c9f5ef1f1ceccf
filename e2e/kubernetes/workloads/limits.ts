import { setTimeout as sleep } from 'node:timers/promises';
import { deployments, ports } from '@envoy-poc/layers/workloads';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import { admissionRate } from './admissions.ts';
import { clientLogs } from './clients.ts';
import { type Cluster, expectHealthy, forward, type Pod } from './cluster.ts';
import { startLoad } from './load.ts';
import { connections, expectFull, metric } from './servers.ts';
import type { Setting } from './setting.ts';
import { open } from './socket.ts';

/** Both limits, from inside the cluster. */
export function limits(setting: () => Setting): void {
  describe('limits', () => {
    test('a storm fills 8 of 8 slots, never a third on a pod; no pod runs out of memory or restarts', async () => {
      const { cluster } = setting();
      {
        await using _load = await startLoad(cluster, { attemptsPerSecond: 100, connections: 100 });
        await expectFull(cluster, 4);
        await sleep(8000);
        await expectFull(cluster, 4);
        expect((await connections(cluster)).most).toEqual([2, 2, 2, 2]);
      }
      await eventually(async () => expect((await connections(cluster)).open).toEqual([0, 0, 0, 0]));
      await expectHealthy(cluster);
    });

    test.each<[{ connectionsPerPod?: number; serverReplicas?: number }, string[]]>([
      [{ connectionsPerPod: 3 }, ['server']],
      [{ connectionsPerPod: 2 }, ['server']],
      [{ serverReplicas: 5 }, []],
      [{ serverReplicas: 4 }, []],
    ])('a change to %j restarts the pods of %j and no others', async (change, restarted) => {
      const { cluster, configure, up } = setting();
      const before = await pods(cluster);
      await configure(change);
      await up();
      const after = await pods(cluster);
      const gone = (workload: keyof typeof before) =>
        before[workload].filter((uid) => !after[workload].includes(uid)).length;
      const lessReplicas = Math.max(0, before.server.length - after.server.length);
      expect({ server: gone('server'), edge: gone('edge') }).toEqual({
        server: restarted.includes('server') ? before.server.length : lessReplicas,
        edge: 0,
      });
      const { connectionsPerPod = 2 } = change;
      expect((await connections(cluster)).limits).toEqual(after.server.map(() => connectionsPerPod));
      // Whatever limit and replicas were when an edge started: it finds every pod.
      for (const edge of await cluster.pods('edge')) {
        await eventually(async () => expect(await healthyServers(cluster, edge)).toBe(after.server.length));
      }
    });

    test('a changed rate rolls the edges and nothing else; those that go tell their clients', async () => {
      const { cluster, configure, up } = setting();
      const [server, edge, configMap] = [
        await cluster.pods('server'),
        await cluster.pods('edge'),
        await configMaps(setting()),
      ];
      const [leaving] = edge;
      if (!leaving) throw new Error('there is no edge');
      await using way = await forward(`pod/${leaving.metadata.name}`, ports.edge);
      const socket = await open(way.host);
      const closed = new Promise<number>((resolve) =>
        socket.addEventListener('close', ({ code }) => resolve(code)),
      );

      await configure({ newConnectionsPerSecond: 1 });
      const rolled = up();
      // It fails its health check while it still answers.
      await eventually(async () =>
        expect((await fetch(`http://${way.host}/healthz`, { headers: { connection: 'close' } })).status).toBe(
          503,
        ),
      );
      expect(await closed).toBe(1001);
      expect(await rolled).toMatchObject({ update: 1, replace: 1 });

      const uids = (pods: Pod[]) => pods.map(({ metadata }) => metadata.uid);
      expect(uids(await cluster.pods('server')).sort()).toEqual(uids(server).sort());
      expect(uids(await cluster.pods('edge')).filter((uid) => uids(edge).includes(uid))).toEqual([]);
      const now = await configMaps(setting());
      expect([now.length, now[0] === configMap[0]]).toEqual([1, false]);
    });

    test('ten clients at a rate of 1 a second fill 8 of 8 slots, never a third on a pod', async () => {
      const { cluster, configure, up } = setting();
      await configure({ clientReplicas: 10 });
      await up();
      await expectFull(cluster, 4);
      // Five attempts a second by all clients, for some rounds of each.
      await sleep(12_000);
      await expectFull(cluster, 4);
      expect((await connections(cluster)).most).toEqual([2, 2, 2, 2]);
      // Two edges hold two tokens at the start of the time, and a busy machine may log an attempt late.
      expect(await admissionRate(cluster, 10)).toBeLessThan(1.5);
      await eventually(async () => expect(await admissionRate(cluster, 10)).toBeGreaterThan(0.6));
      const replies = await eventually(async () => {
        const seen = (await clientLogs(cluster)).flat().filter(({ event }) => event === 'reply');
        expect(seen).not.toEqual([]);
        return seen;
      });
      const addresses = (await cluster.pods('server')).map(({ status }) => status.podIP);
      for (const { podIp } of replies) expect(addresses).toContain(podIp);
    });
  });
}

/** The ids of the pods of both workloads. */
async function pods(cluster: Cluster): Promise<Record<'server' | 'edge', string[]>> {
  const uids = async (workload: 'server' | 'edge') =>
    (await cluster.pods(workload)).map(({ metadata }) => metadata.uid);
  return { server: await uids('server'), edge: await uids('edge') };
}

/** How many servers an edge has found that are well. */
async function healthyServers(cluster: Cluster, edge: Pod): Promise<number> {
  const stats = await cluster.fromPod(edge, ports.edgeStats, '/stats/prometheus?filter=membership_healthy');
  return metric(stats, 'envoy_cluster_membership_healthy{envoy_cluster_name="servers"}');
}

async function configMaps({ cluster }: Setting): Promise<string[]> {
  const found = await cluster.get<{ metadata: { name: string } }>(
    'configmaps',
    `app.kubernetes.io/name=${deployments.edge}`,
  );
  return found.map(({ metadata }) => metadata.name);
}
