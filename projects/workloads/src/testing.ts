import { exampleOf, projectFileOf } from '@envoy-poc/layers';
import { type Declared, type LayerRun, type LayerRunOptions, runLayer } from '@envoy-poc/layers/testing';
import { type WorkloadsConfig, workloadsConfig } from '@envoy-poc/layers/workloads';
import workloads from './index.ts';

/** This layer's `Pulumi.yaml`. */
export const project = projectFileOf(`${import.meta.dirname}/..`);

/** What the other layers have published. */
export const published = {
  network: exampleOf('network'),
  cluster: exampleOf('cluster'),
  registry: exampleOf('registry'),
  platform: exampleOf('platform'),
};

/** An image reference by digest. */
export function imageOf(app: string): string {
  return `registry.example/${app}@sha256:${'0'.repeat(64)}`;
}

/** Runs the layer on the other four, or alone when the configuration says so; images are configured. */
export function run(
  config: Record<string, unknown> = {},
  replace: Partial<LayerRunOptions> = {},
): Promise<LayerRun> {
  return runLayer(workloads, {
    project,
    config: {
      serverImage: imageOf('server'),
      clientImage: imageOf('client'),
      pickerImage: imageOf('picker'),
      ...config,
    },
    published,
    state: ({ type }) =>
      type.endsWith(':Ingress')
        ? { status: { loadBalancer: { ingress: [{ hostname: 'alb.us-east-1.elb.amazonaws.com' }] } } }
        : {},
    ...replace,
  });
}

/** The defaults of `Pulumi.yaml` as the layer sees them, some values replaced. */
export function configWith(replace: Partial<WorkloadsConfig> = {}): WorkloadsConfig {
  const defaults = Object.entries(project.config)
    .map(([key, { default: value }]) => [key, value])
    .filter(([, value]) => value !== '');
  return workloadsConfig.parse({ ...Object.fromEntries(defaults), ...replace });
}

/** The parts of a Deployment or StatefulSet that these tests look at. */
interface Controller {
  metadata: { name: string };
  spec: {
    replicas: number;
    strategy: unknown;
    template: { spec: PodSpec };
  };
}
interface PodSpec {
  serviceAccountName: string;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: Record<string, unknown>;
  topologySpreadConstraints: { topologyKey: string }[];
  containers: [Container];
  volumes: { configMap: { name: string } }[];
}
export interface Container {
  image: string;
  resources: Record<'limits' | 'requests', { cpu: string; memory: string }>;
  env: { name: string; value?: string; valueFrom?: unknown }[];
  securityContext: Record<string, unknown>;
  ports: { containerPort: number }[];
  args?: string[];
  lifecycle?: unknown;
  [probe: `${string}Probe`]: { httpGet: { path: string; port: number }; timeoutSeconds: number };
}

export const workloadNames = ['app_server', 'edge', 'app_client', 'endpoint_picker'] as const;

/** What runs the pods of a workload: a StatefulSet of the pickers, a Deployment of the others. */
export function controllerOf({ resource }: LayerRun, workload: (typeof workloadNames)[number]) {
  const kind = workload === 'endpoint_picker' ? 'stateful_set' : 'deployment';
  const controller = resource(`envoy_poc_${workload}_${kind}`).inputs as unknown as Controller;
  const pod = controller.spec.template.spec;
  return { ...controller, pod, container: pod.containers[0] };
}

export function envOf({ env }: Container): Record<string, unknown> {
  return Object.fromEntries(env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));
}

export function kubernetesObjects({ resources }: LayerRun): Declared[] {
  return resources.filter(({ type }) => type.startsWith('kubernetes:'));
}

/** Envoy's configuration as the edges read it. */
export function bootstrapOf(all: LayerRun) {
  const { metadata, data } = all.resource('envoy_poc_edge_config_map').inputs as {
    metadata: { name: string };
    data: Record<string, string>;
  };
  return { name: metadata.name, text: data['envoy.json'] ?? '' };
}
