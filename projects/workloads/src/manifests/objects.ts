import { deployments, labels, selectorLabels, type Workload } from '@envoy-poc/layers/workloads';

/** The ServiceAccount of a workload; no pod gets a token for the API. */
export function serviceAccount(workload: Workload, namespace: string) {
  return {
    metadata: { name: deployments[workload], namespace, labels: labels(workload) },
    automountServiceAccountToken: false,
  };
}

/** A ClusterIP Service of one port, which is also the pods'. Headless: its name resolves to every ready pod. */
export function service(
  workload: Workload,
  namespace: string,
  { name, port, headless = false }: { name: string; port: number; headless?: boolean },
) {
  return {
    metadata: {
      name,
      namespace,
      labels: labels(workload),
      // Pulumi need not wait for endpoints: the Deployment behind it is waited for.
      annotations: { 'pulumi.com/skipAwait': 'true' },
    },
    spec: {
      type: 'ClusterIP',
      ...(headless && { clusterIP: 'None' }),
      selector: selectorLabels(workload),
      ports: [{ name: 'http', port, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

/** A node drain or upgrade takes one pod of a workload at a time. */
export function podDisruptionBudget(workload: Workload, namespace: string) {
  return {
    metadata: { name: deployments[workload], namespace, labels: labels(workload) },
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(workload) } },
  };
}

/** A Deployment; `rollingUpdate` says how many pods more or fewer there may be while it rolls. */
export function deployment<Template extends object>(
  workload: Workload,
  namespace: string,
  settings: {
    replicas: number;
    rollingUpdate: { maxSurge: number | string; maxUnavailable: number | string };
    template: Template;
  },
) {
  return {
    metadata: { name: deployments[workload], namespace, labels: labels(workload) },
    spec: {
      replicas: settings.replicas,
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 300,
      selector: { matchLabels: selectorLabels(workload) },
      strategy: { type: 'RollingUpdate', rollingUpdate: settings.rollingUpdate },
      template: settings.template,
    },
  };
}
