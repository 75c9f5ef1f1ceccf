import { type Workload, workloadNames } from '@envoy-poc/layers/workloads';
import type { V1Pod } from '@kubernetes/client-node';
import { askKubernetes, type Kubernetes } from '../verify/observed/kubernetes.ts';

/** A pod of the platform. */
export interface Member {
  readonly workload: Workload;
  /** Short, for the page: `pod-x2x4k`, `edge-7zk2p`, `picker-0`. */
  readonly name: string;
  /** As the cluster has it. */
  readonly podName: string;
  readonly ip: string;
  readonly ready: boolean;
  /** It was told to end. */
  readonly leaving: boolean;
  /** Of its container. */
  readonly env: Readonly<Record<string, string>>;
  /** ConfigMaps that it reads, by name. */
  readonly configMaps: readonly string[];
  /** Of which template its controller made it; pods of two kinds are there while it rolls. */
  readonly revision: string;
}

const shortNames: Record<Workload, string> = {
  ...{ server: 'pod', edge: 'edge', client: 'client', picker: 'picker' },
};

const label = 'app.kubernetes.io/name';

const workloads = new Map(
  Object.entries(workloadNames).map(([workload, name]) => [name as string, workload as Workload]),
);

/** All pods of the platform that have an address, oldest first. @throws {CheckError} when nobody says */
export async function listMembers(kubernetes: Kubernetes, namespace: string): Promise<Member[]> {
  const labelSelector = `${label} in (${[...workloads.keys()].join(',')})`;
  const list = await askKubernetes(kubernetes, `pods in ${namespace}`, () =>
    kubernetes.core.listNamespacedPod({ namespace, labelSelector }),
  );
  const created = ({ metadata }: V1Pod) => Number(metadata?.creationTimestamp ?? 0);
  const pods = (list?.items ?? []).sort(
    (one, other) =>
      created(one) - created(other) || nameOf(one).localeCompare(nameOf(other), 'en', { numeric: true }),
  );
  const members = pods.flatMap((pod) => memberOf(pod) ?? []);
  const times = new Map<string, number>();
  for (const { name } of members) times.set(name, (times.get(name) ?? 0) + 1);
  // Two pods may end in the same letters.
  return members.map((one) => (times.get(one.name) === 1 ? one : { ...one, name: shortName(one, 2) }));
}

/** By the last parts of its name in the cluster: its own, and that of its template. */
function shortName({ workload, podName }: Pick<Member, 'workload' | 'podName'>, parts: number): string {
  return [shortNames[workload], ...podName.split('-').slice(-parts)].join('-');
}

const nameOf = ({ metadata }: V1Pod) => metadata?.name ?? '';

/** Undefined: it has no address yet, or has ended. */
function memberOf(pod: V1Pod): Member | undefined {
  const { metadata, spec, status } = pod;
  const workload = workloads.get(metadata?.labels?.[label] ?? '');
  const ip = status?.podIP;
  if (!workload || !ip || status?.phase !== 'Running') return undefined;
  const podName = nameOf(pod);
  const env = (spec?.containers ?? []).flatMap((container) => container.env ?? []);
  return {
    workload,
    name: shortName({ workload, podName }, 1),
    ...{ podName, ip },
    ready: status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    leaving: metadata?.deletionTimestamp !== undefined,
    env: Object.fromEntries(env.map(({ name, value = '' }) => [name, value])),
    configMaps: (spec?.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
    revision: metadata?.labels?.['pod-template-hash'] ?? metadata?.labels?.['controller-revision-hash'] ?? '',
  };
}
