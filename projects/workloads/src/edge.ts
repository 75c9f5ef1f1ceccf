import { createHash } from 'node:crypto';
import { drainHeader, edgeBootstrap, envoyArguments, type Topology } from '@envoy-poc/edge';
import { childOptions } from '@envoy-poc/layers/pulumi';
import {
  deployments,
  labels,
  pickerHosts,
  ports,
  resourceLimits,
  serviceHost,
  services,
  type WorkloadsConfig,
} from '@envoy-poc/layers/workloads';
import { Deployment } from '@pulumi/kubernetes/apps/v1/deployment.js';
import { ConfigMap } from '@pulumi/kubernetes/core/v1/configMap.js';
import { Service } from '@pulumi/kubernetes/core/v1/service.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import { PodDisruptionBudget } from '@pulumi/kubernetes/policy/v1/podDisruptionBudget.js';
import { all, ComponentResource, type ComponentResourceOptions, mergeOptions } from '@pulumi/pulumi';
import type { Destination } from './destination.ts';
import {
  deployment,
  environment,
  podDisruptionBudget,
  podTemplate,
  probes,
  service,
  serviceAccount,
} from './objects.ts';

export interface EdgeArgs {
  config: WorkloadsConfig;
  /** Reference of the image, by digest. */
  image: string;
  destination: Destination;
}

/** IPv4 ranges that the edge treats in a special way. */
interface AddressRanges {
  /** The load balancer's addresses: only from there `X-Forwarded-For` is believed. */
  trustedProxyCidrs: readonly string[];
  /** Addresses that count as internal. */
  internalCidrs: readonly string[];
}

const CONFIG_FOLDER = '/etc/envoy';
const CONFIG_FILE = 'envoy.json';

/** Time for Envoy to end once it is drained. */
const EXIT_SECONDS = 10;

/** Worker threads: as many as a small node has processors, so that one busy connection does not hold up the rest. */
const CONCURRENCY = 2;

/** The edges' Deployment and what it stands on; done when every pod is ready. */
export class Edge extends ComponentResource {
  constructor(name: string, { config, image, destination }: EdgeArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:Edge', name, {}, options);
    const { loadBalancerCidrs, internalCidrs } = destination;
    const configMap = all([loadBalancerCidrs ?? [], internalCidrs]).apply(
      ([trustedProxyCidrs, internalCidrs]) => edgeConfigMap(config, { trustedProxyCidrs, internalCidrs }),
    );
    const deployment = configMap.apply(({ metadata }) => edgeDeployment(config, image, metadata.name));
    const manifests = edgeManifests(config);
    const child = childOptions(this, options);
    const base = [
      new ServiceAccount('envoy_poc_edge_service_account', manifests.serviceAccount, child),
      new Service('envoy_poc_edge_service', manifests.service, child),
      new PodDisruptionBudget('envoy_poc_edge_pod_disruption_budget', manifests.podDisruptionBudget, child),
      new ConfigMap(
        'envoy_poc_edge_config_map',
        { metadata: configMap.metadata, data: configMap.data, immutable: configMap.immutable },
        // The old version goes when no edge reads it any more.
        { ...child, deleteBeforeReplace: false },
      ),
    ];
    new Deployment(
      'envoy_poc_edge_deployment',
      { metadata: deployment.metadata, spec: deployment.spec },
      mergeOptions(child, { dependsOn: base }),
    );
    this.registerOutputs();
  }
}

/** How the edges are reached, and how they find the pods of the cluster. */
function edgeTopology({ namespace, admission }: WorkloadsConfig, ranges: AddressRanges): Topology {
  const everywhere = (port: number) => ({ address: '0.0.0.0', port });
  return {
    ingress: everywhere(ports.edge),
    stats: everywhere(ports.edgeStats),
    lifecycle: everywhere(ports.edgeLifecycle),
    // Without a file, as the root file system is read only; each pod has such names to itself.
    adminSocket: '@envoy-admin',
    servers: { kind: 'dns', name: serviceHost(services.serverHeadless, namespace), port: ports.server },
    ...(admission === 'exact' && {
      pickers: pickerHosts(namespace).map((name) => ({ kind: 'dns' as const, name, port: ports.picker })),
    }),
    ...ranges,
  };
}

/** Envoy's configuration. Its name holds a hash of it, so a change rolls the edges, each with its own version. */
function edgeConfigMap(config: WorkloadsConfig, ranges: AddressRanges) {
  const bootstrap = JSON.stringify(edgeBootstrap(config, edgeTopology(config, ranges)), null, 2);
  const hash = createHash('sha256').update(bootstrap).digest('hex').slice(0, 10);
  return {
    metadata: {
      name: `${deployments.edge}-config-${hash}`,
      namespace: config.namespace,
      labels: labels('edge'),
    },
    immutable: true,
    data: { [CONFIG_FILE]: bootstrap },
  };
}

/**
 * The edges. A pod that is told to end first fails its health check and serves its open connections for the drain
 * time (`preStop`); only then Envoy gets SIGTERM, which it obeys at once.
 */
function edgeDeployment(config: WorkloadsConfig, image: string, configMapName: string) {
  const container = {
    command: ['/usr/local/bin/envoy'],
    args: envoyArguments({ config: `${CONFIG_FOLDER}/${CONFIG_FILE}`, concurrency: CONCURRENCY }),
    ports: [
      { name: 'http', containerPort: ports.edge, protocol: 'TCP' },
      { name: 'stats', containerPort: ports.edgeStats, protocol: 'TCP' },
    ],
    env: environment({}, { EDGE_NAME: 'metadata.name' }),
    // On a port of their own, so that no crowd on the others keeps the kubelet out. An edge that is overloaded, or drains,
    // is not ready, and not to be killed for it.
    ...probes(ports.edgeLifecycle, { alive: '/alive', ready: '/healthz' }),
    lifecycle: {
      preStop: { httpGet: { path: '/drain', port: ports.edgeLifecycle, httpHeaders: [drainHeader] } },
    },
  };
  return deployment('edge', config.namespace, {
    replicas: config.edgeReplicas,
    // Never more edges than the rate is divided by. One that is told to end admits nobody from then on.
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
    template: podTemplate(
      'edge',
      {
        image,
        uid: 101,
        resources: { limits: resourceLimits.edge, requests: config.requests.edge },
        terminationGracePeriodSeconds: config.edgeDrainSeconds + EXIT_SECONDS,
        // Port 80 without a capability.
        sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
        configMaps: [{ name: configMapName, mountPath: CONFIG_FOLDER }],
      },
      container,
    ),
  });
}

/** What stands around the edges. */
function edgeManifests({ namespace }: WorkloadsConfig) {
  return {
    serviceAccount: serviceAccount('edge', namespace),
    service: service('edge', namespace, { name: services.edge, ports: { http: ports.edge } }),
    podDisruptionBudget: podDisruptionBudget('edge', namespace),
  };
}
