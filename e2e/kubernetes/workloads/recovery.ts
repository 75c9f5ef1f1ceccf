import { kubectl } from '@envoy-poc/layers/real-cluster';
import type { Workload } from '@envoy-poc/layers/workloads';
import { describe, expect, test } from 'vitest';
import { type Cluster, expectHealthy, namespace, type Pod, rolledOut, runInPod, scale } from './cluster.ts';
import { expectFull } from './servers.ts';
import type { Setting } from './setting.ts';

/** What is killed comes back, and the clients with it. */
export function recovery(setting: () => Setting): void {
  describe('recovery', () => {
    test('a killed node process: its container starts again, and its slots are filled', async () => {
      const { cluster } = setting();
      await scale('server', 4);
      await expectFull(cluster, 4);
      const { metadata } = await killProcess(cluster);
      await expectHealthy(cluster, { [metadata.name]: 1 });
      await expectFull(cluster, 4);
    });

    test('a deleted server pod: another takes its place, and its slots are filled', async () => {
      const { cluster } = setting();
      const { metadata } = await first(cluster, 'server');
      await kubectl(['-n', namespace, 'delete', 'pod', metadata.name]);
      await rolledOut('server');
      await expectFull(cluster, 4);
    });

    test('a killed edge: its clients come back by the others, and another edge takes its place', async () => {
      const { cluster } = setting();
      const { metadata } = await first(cluster, 'edge');
      await kubectl(['-n', namespace, 'delete', 'pod', metadata.name, '--grace-period=1']);
      await rolledOut('edge');
      await expectFull(cluster, 4);
      expect((await cluster.pods('edge')).map((pod) => pod.metadata.name)).not.toContain(metadata.name);
    });
  });
}

/**
 * Ends the process of a server pod without a word to anybody. A second SIGTERM does: the kernel keeps SIGKILL from a
 * container's first process, unless it comes from outside the container.
 */
async function killProcess(cluster: Cluster): Promise<Pod> {
  const pod = await first(cluster, 'server');
  // The container may take this very command with it; whether it was started again is what the test looks at.
  await runInPod(pod, 'process.kill(1, "SIGTERM"); setTimeout(() => process.kill(1, "SIGTERM"), 300)').catch(
    () => {},
  );
  return pod;
}

async function first(cluster: Cluster, workload: Workload): Promise<Pod> {
  const [pod] = await cluster.pods(workload);
  if (!pod) throw new Error(`there is no pod of ${workload}`);
  return pod;
}
