import { describe, expect, test } from 'vitest';
import { expectRateAfter } from './admissions.ts';
import { scale } from './cluster.ts';
import { startLoad } from './load.ts';
import { expectFull } from './servers.ts';
import type { Setting } from './setting.ts';

/** Limit and rate follow what runs. */
export function scaling(setting: () => Setting): void {
  describe('scaling', () => {
    test('by configuration, servers from 4 to 6 to 3 and edges from 2 to 3: all slots are filled within 10 s', async () => {
      const { cluster, configure, up } = setting();
      await configure({ serverReplicas: 6, edgeReplicas: 3, newConnectionsPerSecond: 20 });
      await up();
      await expectFull(cluster, 6, 10);
      expect(await cluster.pods('edge')).toHaveLength(3);
      await configure({ serverReplicas: 3 });
      await up();
      await expectFull(cluster, 3, 10);
    });

    test('by hand, servers from 4 to 6 to 3: all slots are filled within 10 s', async () => {
      const { cluster } = setting();
      for (const servers of [4, 6, 3]) {
        await scale('server', servers);
        await expectFull(cluster, servers, 10);
      }
    });

    test('by hand, edges from 3 to 2 to 3: within 10 s they admit 20 a second together, as before', async () => {
      const { cluster } = setting();
      await using _load = await startLoad(cluster, { attemptsPerSecond: 60, connections: 1000 });
      for (const edges of [2, 3]) {
        await scale('edge', edges);
        await expectRateAfter(cluster, 10, 20);
      }
    });
  });
}
