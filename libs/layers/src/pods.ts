/** Pods on each node: those of vpc-cni, kube-proxy and the Pod Identity agent. */
export const PODS_ON_EACH_NODE = 3;

/** Pods in each cluster besides: CoreDNS and the load balancer controller, two replicas each. */
export const SYSTEM_PODS = 4;

/** Pods that are there before those of the workloads. */
export function systemPodsOn(nodes: number): number {
  return SYSTEM_PODS + PODS_ON_EACH_NODE * nodes;
}

/** How many pods fit on nodes besides those on each. */
export function roomOn(nodes: number, podsPerNode: number): number {
  return nodes * (podsPerNode - PODS_ON_EACH_NODE);
}

/** The fewest nodes on which so many pods fit besides those on each; undefined when no number of them is enough. */
export function nodesFor(pods: number, podsPerNode: number): number | undefined {
  const room = roomOn(1, podsPerNode);
  return room > 0 ? Math.ceil(pods / room) : undefined;
}
