import { attemptsPerSecond, capacityOf, demandFaults, limitFaults, wantedBy } from '@envoy-poc/edge';
import type { ConfigFault } from '../parse-config.ts';
import type { Workload } from './names.ts';
import { amount, resourceLimits } from './resources.ts';
import { isAlone, type WorkloadsConfig } from './settings.ts';

/** Finds what cannot work together, though each value is right by itself. */
export function configFaults(config: WorkloadsConfig): ConfigFault[] {
  return [
    ...limitFaults(config),
    ...demandFaults(config),
    ...requestFaults(config),
    ...ingressFaults(config),
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
  const capacity = capacityOf(config);
  const demand = wantedBy(config);
  const open = Math.min(capacity, demand);
  return (
    `${config.clientReplicas} clients ask for ${demand} connections; ${config.serverReplicas} pods of ` +
    `${config.connectionsPerPod} hold ${capacity}: ${open} open and ${demand - open} refused is the steady state. ` +
    `All clients together try ${round(attemptsPerSecond(config))} a second; the edges admit ${round(config.newConnectionsPerSecond)} a second.`
  );
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
