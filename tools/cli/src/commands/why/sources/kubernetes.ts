import type { Limits } from '@envoy-poc/edge';
import { type Workload, workloadNames } from '@envoy-poc/layers/workloads';
import pMap from 'p-map';
import { CheckError, type CommandContext, readStackOutputs, toolRunner } from '#runtime';
import {
  askKubernetes,
  type Kubernetes,
  type KubernetesPlace,
  openKubernetes,
} from '../../verify/observed/kubernetes.ts';
import type { Log, Told } from '../records.ts';

/** Logs that are read at once. */
const AT_ONCE = 10;

interface PodLogsOptions {
  readonly kubernetes: Kubernetes;
  readonly namespace?: string | undefined;
  /** How far back logs are read. */
  readonly sinceSeconds: number;
  /** Undefined where nobody says. */
  readonly limits?: Limits;
}

/** What the pods of a deployed stack said. @throws {CheckError} when it is not there, or cannot be asked */
export async function stackLogs({
  root,
  env,
  signal,
  stack,
  sinceSeconds,
}: Pick<CommandContext, 'root' | 'env' | 'signal'> & { stack: string; sinceSeconds: number }): Promise<Told> {
  const run = toolRunner(env, signal);
  const cluster = await readStackOutputs(run, root, 'cluster', stack);
  const { namespace, limits } = await readStackOutputs(run, root, 'workloads', stack);
  const kubernetes = openKubernetes({ content: cluster.kubeconfig });
  return podLogs({ kubernetes, namespace, limits, sinceSeconds });
}

/** What the pods of a cluster said. @throws {CheckError} when it cannot be asked, or has no such pods */
export async function clusterLogs(
  place: KubernetesPlace,
  options: Pick<PodLogsOptions, 'namespace' | 'sinceSeconds'>,
): Promise<Told> {
  return podLogs({ kubernetes: openKubernetes(place), ...options });
}

async function podLogs({
  kubernetes,
  namespace = 'envoy-poc',
  sinceSeconds,
  limits,
}: PodLogsOptions): Promise<Told> {
  const names = new Map<string, string>();
  const wanted: { writer: Workload; name: string }[] = [];
  for (const writer of ['edge', 'picker', 'server', 'client'] as const) {
    const labelSelector = `app.kubernetes.io/name=${workloadNames[writer]}`;
    const list = await askKubernetes(kubernetes, `pods in ${namespace}`, () =>
      kubernetes.core.listNamespacedPod({ namespace, labelSelector }),
    );
    for (const { metadata, status } of list?.items ?? []) {
      const name = metadata?.name ?? '';
      if (status?.podIP) names.set(status.podIP, name);
      // What has not started has no log, and the API server refuses to give one.
      if (status?.phase !== 'Pending') wanted.push({ writer, name });
    }
  }
  if (wanted.length === 0) {
    throw new CheckError(
      `there are no pods of the platform in namespace ${namespace}`,
      'npx nx run workloads:deploy, or name another namespace with --namespace',
    );
  }
  const logs = await pMap(
    wanted,
    async ({ writer, name }): Promise<Log> => {
      const text = await askKubernetes(kubernetes, `the log of ${name}`, () =>
        kubernetes.core.readNamespacedPodLog({ name, namespace, sinceSeconds }),
      );
      return { writer, name, lines: (text ?? '').split('\n') };
    },
    { concurrency: AT_ONCE },
  );
  return {
    logs,
    limitsOf: () => limits,
    nameOf: (address) => names.get(address.split(':')[0] ?? '') ?? address,
  };
}
