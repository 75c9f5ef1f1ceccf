import { setTimeout as sleep } from 'node:timers/promises';
import { deployments, ports } from '@envoy-poc/layers/workloads';
import { describe, expect, test } from 'vitest';
import { admissionRate } from './admissions.ts';
import { clientLogs } from './clients.ts';
import { eventually, expectHealthy, forward, type Pod } from './cluster.ts';
import { startLoad } from './load.ts';
import { connections, expectFull } from './servers.ts';
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

    test('a changed limit rolls the edges and nothing else; those that go tell their clients', async () => {
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

      await configure({ newConnectionsPerSecond: undefined });
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

    test('ten clients at the default rate of 1 a second fill 8 of 8 slots, never a third on a pod', async () => {
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

async function configMaps({ cluster }: Setting): Promise<string[]> {
  const found = await cluster.get<{ metadata: { name: string } }>(
    'configmaps',
    `app.kubernetes.io/name=${deployments.edge}`,
  );
  return found.map(({ metadata }) => metadata.name);
}
