import { product } from '../tags.ts';

/** The names of the Deployments, by workload. */
export const deployments = {
  server: 'envoy-poc-app-server',
  edge: 'envoy-poc-edge',
  client: 'envoy-poc-app-client',
} as const;

/** The names of the StatefulSets, by workload. */
export const statefulSets = { picker: 'envoy-poc-endpoint-picker' } as const;

/**
 * The name of each workload: of its Deployment or StatefulSet, its ServiceAccount, its PodDisruptionBudget, and of its pods
 * in their label.
 */
export const workloadNames = { ...deployments, ...statefulSets } as const;

/** A workload of this layer. The picker is one where `admission` is `exact`. */
export type Workload = keyof typeof workloadNames;

/** A headless twin resolves to every pod; the other name is one address for all of them. */
export const services = {
  server: 'envoy-poc-app-server-service',
  serverHeadless: 'envoy-poc-app-server-headless',
  edge: 'envoy-poc-edge-service',
  pickerHeadless: 'envoy-poc-endpoint-picker-headless',
} as const;

/**
 * TCP ports. A Service has the same port as its pods: the VPC CNI's network policies ask for that
 * (https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html).
 */
export const ports = {
  server: 8080,
  edge: 80,
  edgeStats: 9901,
  edgeLifecycle: 9903,
  client: 9100,
  /** Decisions for the edges, and its metrics. */
  picker: 9002,
  /** Reports of the server pods. */
  pickerReports: 9003,
};

/** Endpoint pickers: one that decides, and one that takes over. */
export const PICKER_REPLICAS = 2;

/** The DNS name of a Service, from anywhere in the cluster. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/** The DNS names of the endpoint pickers, each of one pod, in the order in which the edges ask them. */
export function pickerHosts(namespace: string): string[] {
  return Array.from(
    { length: PICKER_REPLICAS },
    (_, i) => `${statefulSets.picker}-${i}.${serviceHost(services.pickerHeadless, namespace)}`,
  );
}

/** Labels that select a workload's pods; they can never change on a Deployment or StatefulSet. */
export function selectorLabels(workload: Workload) {
  return { 'app.kubernetes.io/name': workloadNames[workload] };
}

/** Labels of a workload's objects. */
export function labels(workload: Workload) {
  return {
    ...selectorLabels(workload),
    'app.kubernetes.io/component': workload,
    'app.kubernetes.io/part-of': product,
  };
}
