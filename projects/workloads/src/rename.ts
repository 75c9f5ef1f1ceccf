import {
  type ConfigFault,
  type Contract,
  nodesFor,
  roomOn,
  SYSTEM_PODS,
  systemPodsOn,
} from '@envoy-poc/layers';
import { type NodeCapacity, podsOf, type WorkloadsConfig } from '@envoy-poc/layers/workloads';

/** A namespace that a deploy leaves for another: all is made anew there before anything goes here. */
export interface LeftNamespace {
  name: string;
  /** Pods of this layer that stay in it until those in the new one are ready. */
  pods: number;
  /** The name of the load balancer, which goes with it. */
  address?: string;
}

/**
 * The namespace that this deploy leaves.
 *
 * @param standing what the stack has published
 * @returns undefined where it stays in its own, or where there is none yet
 */
export function leftNamespace(
  config: WorkloadsConfig,
  { namespace, limits, demand, loadBalancerHostname: address }: Partial<Contract<'workloads'>>,
): LeftNamespace | undefined {
  if (namespace === undefined || namespace === config.namespace) return undefined;
  const pods = podsOf({ ...config, ...limits, ...demand });
  return { name: namespace, pods, ...(address && { address }) };
}

/** What another namespace costs. */
export function renameWarning(config: WorkloadsConfig, { name, pods, address }: LeftNamespace): string {
  const balancer = address ? `the load balancer ${address} goes, and a new one gets another address; ` : '';
  return (
    `workloads:namespace is ${config.namespace}, and ${name} is what is deployed: everything is made anew. Every ` +
    `connection is closed; ${balancer}until ${name} is gone there are ${pods + podsOf(config)} pods, ${podsOf(config)} ` +
    `in ${config.namespace} and ${pods} in ${name}.`
  );
}

/** Finds whether the pods of both namespaces fit on the nodes. */
export function renameFaults(
  config: WorkloadsConfig,
  nodes: NodeCapacity,
  left: LeftNamespace,
): ConfigFault[] {
  const { desired, podsPerNode } = nodes;
  const pods = left.pods + podsOf(config) + SYSTEM_PODS;
  if (pods <= roomOn(desired, podsPerNode)) return [];
  const enough = nodesFor(pods, podsPerNode) ?? desired;
  const message =
    `until ${left.name} is gone there are its ${left.pods} pods, ${podsOf(config)} in the new namespace and ` +
    `${systemPodsOn(desired)} of the system, and ${desired} nodes of ${nodes.instanceType} hold ${desired * podsPerNode}: ` +
    `raise cluster:desiredNodes to ${enough} for the while, or destroy this layer first: npx nx run workloads:destroy`;
  return [{ key: 'namespace', value: config.namespace, message }];
}
