import { EdgeConfigError, edgeBootstrap } from '@envoy-poc/edge';
import type { ConfigFault } from '../parse-config.ts';
import { edgeSettings } from './edge-settings.ts';
import type { Workload } from './names.ts';
import { amount, resourceLimits } from './resources.ts';
import { isAlone, type WorkloadsConfig } from './settings.ts';

/** Which configuration key sets what the edge complains about. */
const edgeKeys: Readonly<Record<string, keyof WorkloadsConfig>> = {
  'limits.pods': 'serverReplicas',
  'limits.retries': 'serverReplicas',
  'limits.downstreamConnections': 'serverReplicas',
  'limits.connectionsPerPod': 'connectionsPerPod',
  'limits.edges': 'edgeReplicas',
  'limits.admission.perSecond': 'newConnectionsPerSecond',
  'limits.admission.burst': 'edgeReplicas',
  'limits.admissionPerClient.perSecond': 'newConnectionsPerSecondPerClient',
  'limits.admissionPerClient.burst': 'edgeReplicas',
  'limits.pingIntervalSeconds': 'pingIntervalSeconds',
  'limits.streamIdleTimeoutSeconds': 'streamIdleTimeoutSeconds',
  'limits.drainSeconds': 'edgeDrainSeconds',
};

/** Finds what cannot work together, though each value is right by itself. */
export function configFaults(config: WorkloadsConfig): ConfigFault[] {
  return [
    ...edgeFaults(config),
    ...idleFaults(config),
    ...drainFaults(config),
    ...intervalFaults(config),
    ...requestFaults(config),
    ...ingressFaults(config),
  ];
}

function edgeFaults(config: WorkloadsConfig): ConfigFault[] {
  const ranges = { trustedProxyCidrs: config.loadBalancerCidrs, internalCidrs: [] };
  const { limits, topology } = edgeSettings(config, ranges);
  try {
    edgeBootstrap(limits, topology);
    return [];
  } catch (error) {
    if (!(error instanceof EdgeConfigError)) throw error;
    return error.problems.map(({ path, value, message }) => {
      const key = edgeKeys[path];
      return key
        ? { key, value: config[key], message: `${path} = ${JSON.stringify(value)}: ${message}` }
        : { key: path, value, message };
    });
  }
}

/** A ping keeps a connection open only if everybody on its way waits longer; the edge longest, to know who closed. */
export function idleFaults(config: WorkloadsConfig): ConfigFault[] {
  const { pingIntervalSeconds: ping, albIdleTimeoutSeconds: alb, streamIdleTimeoutSeconds: stream } = config;
  const faults: ConfigFault[] = [];
  if (ping >= alb) {
    const message = `a quiet connection would be cut by the load balancer after ${alb} s, before its ping: ping more often or raise albIdleTimeoutSeconds`;
    faults.push({ key: 'pingIntervalSeconds', value: ping, message });
  }
  if (alb >= stream) {
    const message = `the edge must wait longer than the load balancer (streamIdleTimeoutSeconds is ${stream}): raise streamIdleTimeoutSeconds above it`;
    faults.push({ key: 'albIdleTimeoutSeconds', value: alb, message });
  }
  return faults;
}

/** What it may take a server to learn that an edge drains, and a client to answer the close, in seconds. */
const NOTICE_SECONDS = 5;

/** The servers tell an edge's clients while it drains; it must still be there for the last of them. */
function drainFaults(config: WorkloadsConfig): ConfigFault[] {
  const { serverDrainSeconds: server, edgeDrainSeconds: edge } = config;
  if (edge >= server + NOTICE_SECONDS) return [];
  const message =
    `the servers tell the clients of an edge that drains within ${server} s (serverDrainSeconds) and ` +
    `${NOTICE_SECONDS} s more: set at least ${server + NOTICE_SECONDS}, or lower serverDrainSeconds`;
  return [{ key: 'edgeDrainSeconds', value: edge, message }];
}

function intervalFaults(config: WorkloadsConfig): ConfigFault[] {
  const { messageIntervalMinSeconds: min, messageIntervalMaxSeconds: max } = config;
  if (min <= max) return [];
  return [
    {
      key: 'messageIntervalMinSeconds',
      value: min,
      message: `must be at most messageIntervalMaxSeconds, ${max}`,
    },
  ];
}

function requestFaults({ requests }: WorkloadsConfig): ConfigFault[] {
  const workloads = Object.keys(requests) as Workload[];
  return workloads.flatMap((workload) =>
    (['cpu', 'memory'] as const).flatMap((resource) => {
      const [request, limit] = [requests[workload][resource], resourceLimits[workload][resource]];
      if (amount(request) <= amount(limit)) return [];
      const message = `must be at most the limit of the container, ${limit}`;
      return [{ key: `requests.${workload}.${resource}`, value: request, message }];
    }),
  );
}

function ingressFaults(config: WorkloadsConfig): ConfigFault[] {
  const { ingressClassName, loadBalancerCidrs } = config;
  if (!isAlone(config) || ingressClassName === undefined || loadBalancerCidrs.length > 0) return [];
  const message =
    'name the IPv4 ranges that the load balancer connects from, or network policies keep it from the edges';
  return [{ key: 'loadBalancerCidrs', value: loadBalancerCidrs, message }];
}

/** The nodes that the pods have to fit on. */
export interface NodeCapacity {
  /** Nodes at the start. */
  desired: number;
  /** Pods a node can hold, by the addresses its network interfaces have. */
  podsPerNode: number;
  instanceType: string;
}

/** Pods that are there before ours: on each node the CNI, kube-proxy and the Pod Identity agent … */
const SYSTEM_PODS_PER_NODE = 3;
/** … and in the cluster CoreDNS and the load balancer controller, two replicas each. */
const SYSTEM_PODS = 4;

/** Pods that are there before ours. */
export function systemPodsOn(nodes: number): number {
  return SYSTEM_PODS + SYSTEM_PODS_PER_NODE * nodes;
}

/** Pods of this layer. */
export function podsOf(
  replicas: Pick<WorkloadsConfig, 'serverReplicas' | 'edgeReplicas' | 'clientReplicas'>,
): number {
  return replicas.serverReplicas + replicas.edgeReplicas + replicas.clientReplicas;
}

/** Finds whether all pods fit on the nodes, with the one more that a rolling update of the server needs. */
export function placementFaults(config: WorkloadsConfig, nodes: NodeCapacity): ConfigFault[] {
  const ours = podsOf(config);
  const system = systemPodsOn(nodes.desired);
  const room = nodes.desired * nodes.podsPerNode;
  if (ours + 1 + system <= room) return [];
  const message =
    `${nodes.desired} nodes of ${nodes.instanceType} hold ${room} pods; ${ours} of this layer, ${system} of the system ` +
    'and 1 for a rolling update do not fit: run fewer, or raise cluster:desiredNodes';
  return [{ key: 'clientReplicas', value: config.clientReplicas, message }];
}

/** What this configuration leads to: a sentence on slots and one on the rate. */
export function capacityNote(config: WorkloadsConfig): string {
  const capacity = config.serverReplicas * config.connectionsPerPod;
  const demand = config.clientReplicas * config.connectionsPerClient;
  const open = Math.min(capacity, demand);
  const attempts = config.clientReplicas / config.attemptIntervalSeconds;
  return (
    `${config.clientReplicas} clients ask for ${demand} connections; ${config.serverReplicas} pods of ` +
    `${config.connectionsPerPod} hold ${capacity}: ${open} open and ${demand - open} refused is the steady state. ` +
    `All clients together try ${round(attempts)} a second; the edges admit ${round(config.newConnectionsPerSecond)} a second.`
  );
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
