import {
  type deployments,
  labels,
  type Resources,
  selectorLabels,
  type statefulSets,
  type Workload,
  workloadNames,
} from '@envoy-poc/layers/workloads';

/** The ServiceAccount of a workload; no pod gets a token for the API. */
export function serviceAccount(workload: Workload, namespace: string) {
  return {
    metadata: { name: workloadNames[workload], namespace, labels: labels(workload) },
    automountServiceAccountToken: false,
  };
}

interface ServiceSettings {
  name: string;
  /** Its ports, which are also the pods', by their names there. */
  ports: Readonly<Record<string, number>>;
  /** Whether its name resolves to every ready pod, instead of to one address for all. */
  headless?: boolean;
  /** Whether pods that are not ready are found by name too. */
  publishNotReadyAddresses?: boolean;
}

/** A Service inside the cluster. */
export function service(
  workload: Workload,
  namespace: string,
  { name, ports, headless = false, publishNotReadyAddresses = false }: ServiceSettings,
) {
  return {
    metadata: {
      name,
      namespace,
      labels: labels(workload),
      // Pulumi need not wait for endpoints: what runs the pods behind it is waited for.
      annotations: { 'pulumi.com/skipAwait': 'true' },
    },
    spec: {
      type: 'ClusterIP',
      ...(headless && { clusterIP: 'None' }),
      ...(publishNotReadyAddresses && { publishNotReadyAddresses }),
      selector: selectorLabels(workload),
      ports: Object.entries(ports).map(([port, number]) => ({
        name: port,
        port: number,
        targetPort: port,
        protocol: 'TCP',
      })),
    },
  };
}

/** A node drain or upgrade takes one pod of a workload at a time. */
export function podDisruptionBudget(workload: Workload, namespace: string) {
  return {
    metadata: { name: workloadNames[workload], namespace, labels: labels(workload) },
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(workload) } },
  };
}

/** A Deployment; `rollingUpdate` says how many pods more or fewer there may be while it rolls. */
export function deployment<Template extends object>(
  workload: keyof typeof deployments,
  namespace: string,
  settings: {
    replicas: number;
    rollingUpdate: { maxSurge: number | string; maxUnavailable: number | string };
    template: Template;
  },
) {
  return {
    metadata: { name: workloadNames[workload], namespace, labels: labels(workload) },
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

/** A StatefulSet, whose pods have names of their own; they start together, and are replaced one by one. */
export function statefulSet<Template extends object>(
  workload: keyof typeof statefulSets,
  namespace: string,
  settings: { replicas: number; serviceName: string; minReadySeconds: number; template: Template },
) {
  return {
    metadata: { name: workloadNames[workload], namespace, labels: labels(workload) },
    spec: {
      replicas: settings.replicas,
      serviceName: settings.serviceName,
      podManagementPolicy: 'Parallel',
      revisionHistoryLimit: 3,
      minReadySeconds: settings.minReadySeconds,
      selector: { matchLabels: selectorLabels(workload) },
      updateStrategy: { type: 'RollingUpdate' },
      template: settings.template,
    },
  };
}

/** What differs between the pods of this layer. */
export interface PodSettings {
  /** Reference of the image, by digest. */
  image: string;
  /** User and group id of the process. */
  uid: number;
  resources: Resources;
  /** Time for the pod to end by itself once it is told to, in seconds. */
  terminationGracePeriodSeconds: number;
  /** The label by which pods of one revision are spread apart from those of another. Left out: a Deployment's. */
  revisionLabel?: string;
  /** Kernel parameters of the pod. */
  sysctls?: readonly { name: string; value: string }[];
  /** Volumes, all read only: the ConfigMap and where it is mounted. */
  configMaps?: readonly { name: string; mountPath: string }[];
}

/** A pod template that Pod Security `restricted` accepts: no privileges, no writable root, no API token. */
export function podTemplate<Container extends object>(
  workload: Workload,
  settings: PodSettings,
  container: Container,
) {
  const { configMaps = [], sysctls = [] } = settings;
  return {
    metadata: { labels: labels(workload) },
    spec: {
      serviceAccountName: workloadNames[workload],
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: settings.terminationGracePeriodSeconds,
      // A full name is looked up as it is, not first below every search domain.
      dnsConfig: { options: [{ name: 'ndots', value: '1' }] },
      topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map(
        (topologyKey) => ({
          topologyKey,
          maxSkew: 1,
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selectorLabels(workload) },
          matchLabelKeys: [settings.revisionLabel ?? 'pod-template-hash'],
        }),
      ),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: settings.uid,
        runAsGroup: settings.uid,
        seccompProfile: { type: 'RuntimeDefault' },
        ...(sysctls.length > 0 && { sysctls: [...sysctls] }),
      },
      containers: [
        {
          name: workload,
          image: settings.image,
          imagePullPolicy: 'IfNotPresent',
          resources: settings.resources,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: configMaps.map(({ mountPath }, i) => ({
            name: `config-${i}`,
            mountPath,
            readOnly: true,
          })),
          ...container,
        },
      ],
      volumes: configMaps.map(({ name }, i) => ({ name: `config-${i}`, configMap: { name } })),
    },
  };
}

interface ProbeTimes {
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

/**
 * The probes of a container: whether it is alive, and whether it is ready, by HTTP. Time-outs are long: a container of
 * 100 millicores may wait its turn for a while.
 */
export function probes(
  port: number,
  { alive, ready }: { alive: string; ready: string },
  readiness: ProbeTimes = { periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 },
) {
  const probe = (path: string, times: ProbeTimes) => ({ httpGet: { path, port }, ...times });
  return {
    startupProbe: probe(alive, { periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 60 }),
    readinessProbe: probe(ready, readiness),
    livenessProbe: probe(alive, { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }),
  };
}

/** A container's environment: values as they are, and fields of its pod by their paths. */
export function environment(
  values: Readonly<Record<string, string | number>>,
  fields: Readonly<Record<string, string>>,
) {
  return [
    ...Object.entries(values).map(([name, value]) => ({ name, value: String(value) })),
    ...Object.entries(fields).map(([name, fieldPath]) => ({
      name,
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } },
    })),
  ];
}
