import type { Limits } from '@envoy-poc/edge';
import { type Workload, workloadNames } from '@envoy-poc/layers/workloads';
import pMap from 'p-map';
import { CheckError } from '#runtime';
import { askKubernetes, type Kubernetes } from '../../verify/observed/kubernetes.ts';
import type { Log, Told } from '../records.ts';

/** Logs that are read at once. */
const AT_ONCE = 10;

export interface PodLogsOptions {
  readonly kubernetes: Kubernetes;
  readonly namespace: string;
  /** How far back logs are read. */
  readonly sinceSeconds: number;
  /** What the workloads layer publishes, where that is known. */
  readonly limits: Limits | undefined;
}

/**
 * What the pods of a cluster said, by the Kubernetes API.
 *
 * @throws {CheckError} when it cannot be asked, or has no such pods
 */
export async function podLogs({
  kubernetes,
  namespace,
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
  return { logs, limits, nameOf: (address) => names.get(address.split(':')[0] ?? '') ?? address };
}
