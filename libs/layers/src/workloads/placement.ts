import type { ConfigFault } from '../parse-config.ts';
import { roomOn, SYSTEM_PODS, systemPodsOn } from '../pods.ts';
import { PICKER_REPLICAS } from './names.ts';
import type { WorkloadsConfig } from './settings.ts';

/** The nodes that the pods have to fit on. */
export interface NodeCapacity {
  /** Nodes at the start. */
  desired: number;
  /** Pods a node can hold, by the addresses its network interfaces have. */
  podsPerNode: number;
  instanceType: string;
}

/** Pods of this layer. */
export function podsOf(
  config: Pick<WorkloadsConfig, 'serverReplicas' | 'edgeReplicas' | 'clientReplicas' | 'admission'>,
): number {
  const pickers = config.admission === 'exact' ? PICKER_REPLICAS : 0;
  return config.serverReplicas + config.edgeReplicas + config.clientReplicas + pickers;
}

/** Finds whether all pods fit on the nodes, with the one more that a rolling update of the server needs. */
export function placementFaults(config: WorkloadsConfig, nodes: NodeCapacity): ConfigFault[] {
  const ours = podsOf(config);
  const system = systemPodsOn(nodes.desired);
  if (ours + 1 + SYSTEM_PODS <= roomOn(nodes.desired, nodes.podsPerNode)) return [];
  const message =
    `${nodes.desired} nodes of ${nodes.instanceType} hold ${nodes.desired * nodes.podsPerNode} pods; ${ours} of this layer, ${system} of the system ` +
    'and 1 for a rolling update do not fit: run fewer, or raise cluster:desiredNodes';
  return [{ key: 'clientReplicas', value: config.clientReplicas, message }];
}
