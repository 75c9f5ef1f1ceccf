import { describe, expect, test } from 'vitest';
import { expectRate } from './admissions.ts';
import { scale } from './cluster.ts';
import { startLoad } from './load.ts';
import { expectFull } from './servers.ts';
import type { Setting } from './setting.ts';

/** The limit follows what runs; the rate is divided by what is configured. */
export function scaling(setting: () => Setting): void {
  describe('scaling', () => {
    /** Seconds that it took to use the slots of new pods, and until a new edge admitted its part. */
    const took: Record<'slots' | 'rate', number[]> = { slots: [], rate: [] };

    test('by configuration, servers from 4 to 6 to 3 and edges from 2 to 3: all slots are filled', async () => {
      const { cluster, configure, up } = setting();
      await configure({ serverReplicas: 6, edgeReplicas: 3, newConnectionsPerSecond: 20 });
      await up();
      await expectFull(cluster, 6);
      expect(await cluster.pods('edge')).toHaveLength(3);
      await configure({ serverReplicas: 3 });
      await up();
      await expectFull(cluster, 3);
    });

    test('by hand, servers from 3 to 4 to 6 to 3: all slots are filled', async () => {
      const { cluster } = setting();
      for (const servers of [4, 6]) {
        await scale('server', servers);
        took.slots.push(await expectFull(cluster, servers));
      }
      await scale('server', 3);
      await expectFull(cluster, 3);
    });

    test('by hand, edges from 3 to 2 to 3: each admits a third of 20 a second, whoever else runs', async () => {
      const { cluster } = setting();
      await using _load = await startLoad(cluster, { attemptsPerSecond: 60, connections: 1000 });
      do {
        await scale('edge', 2);
        await expectRate(cluster, 40 / 3);
        await scale('edge', 3);
        took.rate.push(await expectRate(cluster, 20));
      } while (Math.min(...took.rate) > 10 && took.rate.length < 3);
    });

    test('limit and rate follow within 10 s', async ({ annotate }) => {
      const words = (seconds: number[]) => seconds.map((each) => `${each.toFixed(1)} s`).join(', ');
      await annotate(`slots of new pods were filled after ${words(took.slots)}; rate: ${words(took.rate)}`);
      // A machine that is busy with something else may hold up one of them, hardly each that was tried.
      expect(Math.min(...took.slots)).toBeLessThan(10);
      expect(Math.min(...took.rate)).toBeLessThan(10);
    });
  });
}
