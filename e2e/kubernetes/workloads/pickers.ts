import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isWebSocket } from '@envoy-poc/cli/start';
import type { Explanation } from '@envoy-poc/cli/why';
import type { AccessLogLine } from '@envoy-poc/edge';
import { kubectl } from '@envoy-poc/layers/real-cluster';
import { ports, resourceLimits } from '@envoy-poc/layers/workloads';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import { type Cluster, namespace, type Pod, rolledOut } from './cluster.ts';
import { startLoad } from './load.ts';
import { connections, expectFull, metric } from './servers.ts';
import type { Setting } from './setting.ts';

/** Endpoint pickers are added to what runs, killed during a storm, told another rate, and taken away again. */
export function pickers(setting: () => Setting): void {
  describe('endpoint pickers', () => {
    test('admission exact adds two, held to 250m/128Mi, which hear of every server pod', async () => {
      const { cluster, configure, up } = setting();
      await configure({ admission: 'exact' });
      await up();
      const found = await cluster.pods('picker');
      expect(found.map(({ metadata }) => metadata.name).sort()).toEqual([
        'envoy-poc-endpoint-picker-0',
        'envoy-poc-endpoint-picker-1',
      ]);
      for (const pod of found) {
        expect(pod.spec.containers[0].resources.limits).toEqual(resourceLimits.picker);
        await eventually(async () => expect(await known(cluster, pod)).toEqual({ pods: 4, free: 8 }));
      }
    });

    test('a storm fills 8 of 8 slots by the pods that a picker named; killed meanwhile, it comes back', async () => {
      const { cluster } = setting();
      {
        await using _load = await startLoad(cluster, { attemptsPerSecond: 60, connections: 100 });
        await expectFull(cluster, 4);
        const routes = await routesOf(cluster);
        expect(routes).toContain('picked');
        const name = 'envoy-poc-endpoint-picker-0';
        await kubectl(['-n', namespace, 'delete', 'pod', name, '--grace-period=1']);
        // A server pod that goes makes room, and whoever decides now fills it.
        const [server] = await cluster.pods('server');
        await kubectl(['-n', namespace, 'delete', 'pod', server?.metadata.name ?? '', '--grace-period=1']);
        await rolledOut('server');
        await expectFull(cluster, 4);
        await rolledOut('picker');
        expect((await connections(cluster)).most).toEqual([2, 2, 2, 2]);
      }
      for (const pod of await cluster.pods('picker')) {
        await eventually(async () => expect(await known(cluster, pod)).toEqual({ pods: 4, free: 8 }));
      }
      const odd = (await upgrades(cluster)).filter(({ code }) => ![101, 429, 503].includes(code));
      // The load ends in the middle of its last attempts.
      const left = ({ code, flags, duration_ms }: AccessLogLine) =>
        code === 0 && flags.includes('DC') && duration_ms < 2000;
      expect(odd.filter((line) => !left(line))).toEqual([]);
    });

    test('why explains the refusals of the storm, by the logs of the pods', async () => {
      const { cluster } = setting();
      const refusals = await explained('--last', '500');
      expect(refusals.length).toBeGreaterThan(100);
      const names = async (workload: 'edge' | 'picker') =>
        (await cluster.pods(workload)).map(({ metadata }) => metadata.name);
      const [edges, found] = await Promise.all([names('edge'), names('picker')]);
      const byPicker = refusals.filter(({ by, picker }) => by === 'picker' && picker);
      // Of a picker that was deleted nobody has the log.
      expect(byPicker.length).toBeGreaterThan(10);
      for (const { outcome, reason, edge, picker, tried } of byPicker) {
        expect({ outcome, reason, tried }).toEqual({ outcome: 'refused', reason: picker?.answer, tried: [] });
        expect(edges).toContain(edge);
        expect(found).toContain(picker?.name);
        if (reason === 'full') expect(picker?.freeSlots).toBe(0);
      }
    });

    test('a changed rate rolls the pickers and the edges, and no server', async () => {
      const { cluster, configure, up } = setting();
      const before = await uids(cluster);
      await configure({ newConnectionsPerSecond: 40 });
      await up();
      const after = await uids(cluster);
      expect(after.server).toEqual(before.server);
      for (const workload of ['edge', 'picker'] as const) {
        expect(after[workload].filter((uid) => before[workload].includes(uid))).toEqual([]);
      }
    });

    test('admission shared takes them away', async () => {
      const { cluster, configure, up } = setting();
      await configure({ admission: 'shared', newConnectionsPerSecond: 50 });
      await up();
      await eventually(async () => expect(await cluster.allPods('picker')).toEqual([]));
      expect(JSON.stringify(await cluster.get('networkpolicies'))).not.toContain('endpoint-picker');
    });
  });
}

/** What `why` says, with the kubeconfig alone. */
async function explained(...words: string[]): Promise<Explanation[]> {
  const program = fileURLToPath(new URL('../../../tools/cli/bin/envoy-poc.mjs', import.meta.url));
  const place = ['--kubeconfig', process.env.KUBECONFIG ?? '', '--namespace', namespace];
  const command = [program, 'why', '--json', ...place, ...words];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as Explanation[];
}

/** What a picker has heard of. */
async function known(cluster: Cluster, pod: Pod): Promise<{ pods: number; free: number }> {
  const metrics = await cluster.fromPod(pod, ports.picker, '/metrics', 10);
  return {
    pods: metric(metrics, 'endpoint_picker_pods'),
    free: metric(metrics, 'endpoint_picker_free_slots'),
  };
}

/** Upgrades that the edges that run now have logged. */
async function upgrades(cluster: Cluster): Promise<AccessLogLine[]> {
  const logs = (await cluster.pods('edge')).map((pod) => cluster.logs<AccessLogLine>(pod));
  return (await Promise.all(logs)).flat().filter(isWebSocket);
}

/** The routes by which upgrades were admitted. */
async function routesOf(cluster: Cluster): Promise<(string | null | undefined)[]> {
  return (await upgrades(cluster)).filter(({ code }) => code === 101).map(({ route }) => route);
}

async function uids(cluster: Cluster): Promise<Record<'server' | 'edge' | 'picker', string[]>> {
  const of = async (workload: 'server' | 'edge' | 'picker') =>
    (await cluster.pods(workload)).map(({ metadata }) => metadata.uid).sort();
  return { server: await of('server'), edge: await of('edge'), picker: await of('picker') };
}
