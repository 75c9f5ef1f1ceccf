import { product } from '../tags.ts';

/** The name of each workload's Deployment, ServiceAccount, PodDisruptionBudget and pods' label. */
export const deployments = {
  server: 'envoy-poc-app-server',
  edge: 'envoy-poc-edge',
  client: 'envoy-poc-app-client',
} as const;

/** A workload of this layer. */
export type Workload = keyof typeof deployments;

/** A headless twin resolves to every pod; the other name is one address for all of them. */
export const services = {
  server: 'envoy-poc-app-server-service',
  serverHeadless: 'envoy-poc-app-server-headless',
  edge: 'envoy-poc-edge-service',
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
};

/** The DNS name of a Service, from anywhere in the cluster. */
export function serviceHost(service: string, namespace: string): string {
  return `${service}.${namespace}.svc.cluster.local`;
}

/** Labels that select a workload's pods; they can never change on a Deployment. */
export function selectorLabels(workload: Workload) {
  return { 'app.kubernetes.io/name': deployments[workload] };
}

/** Labels of a workload's objects. */
export function labels(workload: Workload) {
  return {
    ...selectorLabels(workload),
    'app.kubernetes.io/component': workload,
    'app.kubernetes.io/part-of': product,
  };
}
