import type { Contract, Layer } from '@envoy-poc/layers';
import type { Workload } from '@envoy-poc/layers/workloads';
import { deployments, ports, workloadNames } from '@envoy-poc/layers/workloads';
import {
  awsPlaceOf,
  type CommandContext,
  once,
  readStackOutputs,
  readStackSettings,
  toolRunner,
  type View,
} from '#runtime';
import { clusterChecks, ingress } from './checks/cluster.ts';
import { localRun, notHere, planeChecks } from './checks/index.ts';
import { stackChecks } from './checks/stack.ts';
import type { KubernetesContext, StackContext, VerifyContext } from './context.ts';
import { type KubernetesPlace, openKubernetes } from './observed/kubernetes.ts';
import { kubernetesPlane } from './observed/kubernetes-plane.ts';
import { localPlane } from './observed/local-plane.ts';
import type { ObservedPlatform } from './observed/platform.ts';

interface ModeOptions {
  readonly surroundings: CommandContext;
  readonly windowSeconds: number;
}

/** The run of `npm start`. */
export function localMode({ surroundings: { root, env }, windowSeconds }: ModeOptions): View<VerifyContext> {
  const because = 'because a local run has none';
  return {
    context: {
      plane: () => localPlane(root, env),
      look: async () => 'look at what npm start printed last',
      statistics: async () => 'curl --silent the address of "stats" that npm start printed first',
      podRanges: async () => undefined,
      windowSeconds,
    },
    checks: [
      notHere('stacks', 'every layer is deployed', because),
      notHere('cluster', 'the cluster is active', because),
      localRun,
      notHere('nodes', 'the nodes are ready', because),
      notHere('repositories', 'the images are there', because),
      ...planeChecks.pods,
      notHere('load-balancer', 'the load balancer is healthy', because),
      ...planeChecks.traffic,
    ],
    close: async () => {},
  };
}

/** What Kubernetes alone can tell. */
export function kubernetesMode(
  { windowSeconds }: ModeOptions,
  place: KubernetesPlace,
  namespace = 'envoy-poc',
): View<KubernetesContext> {
  const because = 'because only a kubeconfig was given';
  const kubernetes = once(async () => openKubernetes(place));
  const plane = once(async () => kubernetesPlane({ kubernetes: await kubernetes(), namespace }));
  return {
    context: {
      kubernetes,
      plane,
      namespace: async () => namespace,
      nodes: async () => undefined,
      look: async (workload) => lookAt(namespace, workload),
      statistics: async () => statisticsOf(namespace),
      podRanges: async () => undefined,
      windowSeconds,
    },
    checks: [
      notHere('stacks', 'every layer is deployed', because),
      notHere('cluster', 'the cluster is active', because),
      ...clusterChecks,
      notHere('repositories', 'the images are there', because),
      ...planeChecks.pods,
      ingress,
      ...planeChecks.traffic,
    ],
    close: async () => (await plane()).close(),
  };
}

/** A deployed stack: the backend, AWS and Kubernetes. */
export function stackMode({ surroundings, windowSeconds }: ModeOptions, stack: string): View<StackContext> {
  const { root, env, signal } = surroundings;
  const run = toolRunner(env, signal);
  const known = new Map<Layer, Promise<unknown>>();
  const outputs = <L extends Layer>(layer: L): Promise<Contract<L>> => {
    const found = known.get(layer) ?? readStackOutputs(run, root, layer, stack);
    known.set(layer, found);
    return found as Promise<Contract<L>>;
  };
  const kubernetes = once(async () => openKubernetes({ content: (await outputs('cluster')).kubeconfig }));
  const plane = once(async (): Promise<ObservedPlatform> => {
    const { namespace, url, ...published } = await outputs('workloads');
    return kubernetesPlane({ kubernetes: await kubernetes(), namespace, url, published });
  });
  return {
    context: {
      ...{ root, stack, run, outputs, kubernetes, plane, windowSeconds },
      namespace: async () => (await outputs('workloads')).namespace,
      place: async () => awsPlaceOf(await readStackSettings(root, 'network', stack, env)),
      nodes: async () => (await outputs('cluster')).nodes.desired,
      look: async (workload) => lookAt((await outputs('workloads')).namespace, workload),
      statistics: async () => statisticsOf((await outputs('workloads')).namespace),
      podRanges: async () => (await outputs('network')).privateSubnets.map(({ cidr }) => cidr),
    },
    checks: [
      stackChecks.stacks,
      stackChecks.cluster,
      ...clusterChecks,
      stackChecks.repositories,
      ...planeChecks.pods,
      stackChecks.loadBalancer,
      ...planeChecks.traffic,
    ],
    close: async () => (await plane()).close(),
  };
}

const lookAt = (namespace: string, workload: Workload) =>
  `kubectl --namespace ${namespace} describe pods --selector app.kubernetes.io/name=${workloadNames[workload]}`;

const statisticsOf = (namespace: string) =>
  `kubectl --namespace ${namespace} port-forward deployment/${deployments.edge} ${ports.edgeStats}, and in another ` +
  `terminal: curl --silent 127.0.0.1:${ports.edgeStats}/stats/prometheus`;
