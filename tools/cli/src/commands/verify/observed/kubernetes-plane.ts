import { mostAdmissionsInOneSecond } from '@envoy-poc/edge';
import type { Contract } from '@envoy-poc/layers';
import {
  deployments,
  PICKER_REPLICAS,
  ports,
  statefulSets,
  type Workload,
  workloadNames,
} from '@envoy-poc/layers/workloads';
import type { V1Pod } from '@kubernetes/client-node';
import { CheckError } from '#runtime';
import { exactVerdicts } from '../../start/index.ts';
import { askKubernetes, type Kubernetes } from './kubernetes.ts';
import { admissionsIn, exchangesIn, loggedIn } from './logs.ts';
import { openUpgrades, serverGauges } from './metrics.ts';
import type { ObservedPlatform, PodState } from './platform.ts';
import { Tunnels } from './tunnel.ts';

/** The logs of a window may tell of so much before it, in seconds. */
const LOG_SLACK_SECONDS = 15;

/** One answer through a tunnel, in milliseconds. */
const answerTimeout = 10_000;

export interface KubernetesPlaneOptions {
  readonly kubernetes: Kubernetes;
  readonly namespace: string;
  /** What the workloads layer publishes, where that is known. */
  readonly published?: Pick<Contract<'workloads'>, 'limits' | 'demand'> | undefined;
  /** Where clients outside connect, where that is known. */
  readonly url?: string | undefined;
}

/** The workloads in a cluster. */
export function kubernetesPlane({
  kubernetes,
  namespace,
  published,
  url,
}: KubernetesPlaneOptions): ObservedPlatform {
  const tunnels = new Tunnels(kubernetes.config, namespace);

  const replicasOf = async (workload: keyof typeof deployments): Promise<number> => {
    const name = deployments[workload];
    const found = await askKubernetes(kubernetes, `Deployment ${name} in ${namespace}`, () =>
      kubernetes.apps.readNamespacedDeployment({ name, namespace }),
    );
    if (!found) throw notDeployed(name, namespace);
    return found.spec?.replicas ?? 1;
  };
  const pickersWanted = async (): Promise<number | undefined> => {
    if (published) return published.limits.admission === 'exact' ? PICKER_REPLICAS : undefined;
    const name = statefulSets.picker;
    const found = await askKubernetes(kubernetes, `StatefulSet ${name} in ${namespace}`, () =>
      kubernetes.apps.readNamespacedStatefulSet({ name, namespace }),
    );
    return found && (found.spec?.replicas ?? 1);
  };
  const podsOf = async (workload: Workload): Promise<V1Pod[]> => {
    const labelSelector = `app.kubernetes.io/name=${workloadNames[workload]}`;
    const list = await askKubernetes(kubernetes, `pods in ${namespace}`, () =>
      kubernetes.core.listNamespacedPod({ namespace, labelSelector }),
    );
    // One that is on its way out is no replica any more.
    return (list?.items ?? []).filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  };
  const running = async (workload: Workload) =>
    (await podsOf(workload)).filter((pod) => problemOf(pod) === undefined);
  const fetchFrom = async (pod: string, port: number, path: string): Promise<string> => {
    const response = await fetch(`http://${await tunnels.to(pod, port)}${path}`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(answerTimeout),
    }).catch((error: Error) => error);
    if (response instanceof Response && response.ok) return response.text();
    const what = response instanceof Response ? `answers ${response.status}` : 'does not answer';
    throw new CheckError(
      `${pod} ${what} on port ${port}, ${path}`,
      `kubectl --namespace ${namespace} port-forward ${pod} ${port}`,
    );
  };
  const logsOf = async (workload: Workload, sinceSeconds: number) => {
    // What has not started has no log, and the API server refuses to give one.
    const started = (await podsOf(workload)).filter(({ status }) => status?.phase !== 'Pending');
    const lines = started.map(async ({ metadata }) => {
      const name = metadata?.name ?? '';
      const text = await askKubernetes(kubernetes, `the log of ${name}`, () =>
        kubernetes.core.readNamespacedPodLog({ name, namespace, sinceSeconds }),
      );
      return [name, (text ?? '').split('\n')] as const;
    });
    return new Map(await Promise.all(lines));
  };

  const gaugesOf = (pods: readonly V1Pod[]) =>
    Promise.all(
      pods.map(async ({ metadata }) => {
        const name = metadata?.name ?? '';
        return { name, ...serverGauges(await fetchFrom(name, ports.server, '/metrics')) };
      }),
    );

  return {
    async promised() {
      const { limits, demand } = published ?? {};
      const replicas =
        limits && demand
          ? { server: limits.serverReplicas, edge: limits.edgeReplicas, client: demand.clientReplicas }
          : {
              server: await replicasOf('server'),
              edge: await replicasOf('edge'),
              client: await replicasOf('client'),
            };
      const picker = await pickersWanted();
      return {
        replicas: { ...replicas, ...(picker !== undefined && { picker }) },
        admission: limits?.admission,
        mostInOneSecond: limits && mostAdmissionsInOneSecond(limits),
      };
    },
    pods: async (workload) => (await podsOf(workload)).map(stateOf),
    gauges: async () => gaugesOf(await running('server')),
    async openAtEdges() {
      const pods = await running('edge');
      return Promise.all(
        pods.map(async ({ metadata }) => {
          const name = metadata?.name ?? '';
          return { name, open: openUpgrades(await fetchFrom(name, ports.edgeStats, '/stats/prometheus')) };
        }),
      );
    },
    async exchanges(seconds) {
      const servers = await podsOf('server');
      const addresses = new Set(servers.map(({ status }) => status?.podIP));
      // While pods come and go, a reply may be of one that is gone.
      const changing = servers.some((pod) => (ageOf(pod) ?? 0) < seconds);
      return exchangesIn(await logsOf('client', seconds), (ip) => changing || addresses.has(ip));
    },
    logged: async (seconds) => loggedIn(await logsOf('edge', seconds)),
    async admissions(seconds) {
      if (!published) throw new TypeError('the limits are not known');
      const { limits } = published;
      // One that has just started is not offered yet.
      const pods = (await running('server')).filter((pod) => runsFor(pod) > seconds + LOG_SLACK_SECONDS);
      const before = await gaugesOf(pods);
      const logs = await logsOf('edge', seconds);
      const after = await gaugesOf(pods);
      const slots = pods.map(({ status }, n) => ({
        address: `${status?.podIP}:${ports.server}`,
        limit: before[n]?.limit ?? 0,
        open: [before[n]?.open ?? 0, after[n]?.open ?? 0],
      }));
      return exactVerdicts(limits, admissionsIn(logs, limits, slots), seconds);
    },
    async way() {
      if (url !== undefined) return { url: url.replace(/^http/, 'ws'), through: 'the load balancer' };
      const [edge] = await running('edge');
      const name = edge?.metadata?.name;
      if (name === undefined) return undefined;
      return { url: `ws://${await tunnels.to(name, ports.edge)}/`, through: `a port-forward to ${name}` };
    },
    close: () => tunnels.close(),
  };
}

const notDeployed = (name: string, namespace: string) =>
  new CheckError(
    `there is no Deployment ${name} in namespace ${namespace}`,
    'npx nx run workloads:deploy, or name another namespace with --namespace',
  );

function ageOf({ status }: V1Pod): number | undefined {
  return status?.startTime ? (Date.now() - status.startTime.getTime()) / 1000 : undefined;
}

/** For how many seconds all its containers have run. */
function runsFor({ status }: V1Pod): number {
  const since = (status?.containerStatuses ?? []).map(({ state }) => state?.running?.startedAt?.getTime());
  return Math.min(...since.map((at) => (at === undefined ? 0 : (Date.now() - at) / 1000)));
}

function stateOf(pod: V1Pod): PodState {
  const { metadata, status } = pod;
  return {
    name: metadata?.name ?? '',
    ip: status?.podIP,
    problem: problemOf(pod),
    restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    ageSeconds: ageOf(pod),
  };
}

/** Why a pod does not work: what its container waits for, or what it is not. */
function problemOf({ status }: V1Pod): string | undefined {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  for (const { state, lastState } of status?.containerStatuses ?? []) {
    const { reason, message } = state?.waiting ?? state?.terminated ?? {};
    const before = lastState?.terminated && `, ended before with ${lastState.terminated.exitCode}`;
    if (reason) return `${reason}${message ? `: ${message}` : ''}${before ?? ''}`;
  }
  const unscheduled = status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  return unscheduled?.message ?? `${status?.phase ?? 'unknown'}, not ready`;
}
