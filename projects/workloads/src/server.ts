import { childOptions } from '@envoy-poc/layers/pulumi';
import {
  ports,
  resourceLimits,
  serviceHost,
  services,
  type WorkloadsConfig,
} from '@envoy-poc/layers/workloads';
import { Deployment } from '@pulumi/kubernetes/apps/v1/deployment.js';
import { Service } from '@pulumi/kubernetes/core/v1/service.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import { PodDisruptionBudget } from '@pulumi/kubernetes/policy/v1/podDisruptionBudget.js';
import { ComponentResource, type ComponentResourceOptions, mergeOptions } from '@pulumi/pulumi';
import {
  deployment,
  environment,
  podDisruptionBudget,
  podTemplate,
  probes,
  service,
  serviceAccount,
} from './objects.ts';

export interface ServerArgs {
  config: WorkloadsConfig;
  /** Reference of the image, by digest. */
  image: string;
}

/** The server's Deployment and what it stands on; done when every pod is ready. */
export class Server extends ComponentResource {
  constructor(name: string, args: ServerArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:Server', name, {}, options);
    const manifests = serverManifests(args.config, args.image);
    const child = childOptions(this, options);
    const base = [
      new ServiceAccount('envoy_poc_app_server_service_account', manifests.serviceAccount, child),
      new Service('envoy_poc_app_server_service', manifests.service, child),
      new Service('envoy_poc_app_server_headless_service', manifests.headlessService, child),
      new PodDisruptionBudget(
        'envoy_poc_app_server_pod_disruption_budget',
        manifests.podDisruptionBudget,
        child,
      ),
    ];
    new Deployment(
      'envoy_poc_app_server_deployment',
      manifests.deployment,
      mergeOptions(child, { dependsOn: base }),
    );
    this.registerOutputs();
  }
}

/** Time for the process to end after its last connection is closed. */
const EXIT_SECONDS = 10;

/**
 * The server: each pod holds a bounded number of WebSockets. SIGTERM drains it: health fails at once, new upgrades
 * are refused (the edge tries another pod), open connections are closed with 1001 over the drain time. There is no
 * `preStop`: waiting before SIGTERM would only let in connections that have to be closed again. The connections of an
 * edge that drains are closed likewise: the server asks it. Where endpoint pickers admit, each pod tells all of them.
 */
function serverManifests(config: WorkloadsConfig, image: string) {
  const { namespace } = config;
  const env = {
    PORT: ports.server,
    CONNECTIONS_PER_POD: config.connectionsPerPod,
    PING_INTERVAL_SECONDS: config.pingIntervalSeconds,
    MESSAGES_PER_SECOND_PER_CONNECTION: config.messagesPerSecondPerConnection,
    BYTES_PER_SECOND_PER_CONNECTION: config.bytesPerSecondPerConnection,
    SERVER_DRAIN_SECONDS: config.serverDrainSeconds,
    EDGE_READY_PORT: ports.edgeStats,
    ...(config.admission === 'exact' && {
      PICKERS: `${serviceHost(services.pickerHeadless, namespace)}:${ports.pickerReports}`,
    }),
  };
  const container = {
    ports: [{ name: 'http', containerPort: ports.server, protocol: 'TCP' }],
    env: environment(env, { POD_IP: 'status.podIP' }),
    ...probes(ports.server, { alive: '/healthz', ready: '/healthz' }),
  };
  return {
    serviceAccount: serviceAccount('server', namespace),
    deployment: deployment('server', namespace, {
      replicas: config.serverReplicas,
      // A new pod before an old one goes, so that those told to leave find a free slot.
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
      template: podTemplate(
        'server',
        {
          image,
          uid: 1000,
          resources: { limits: resourceLimits.server, requests: config.requests.server },
          terminationGracePeriodSeconds: config.serverDrainSeconds + EXIT_SECONDS,
        },
        container,
      ),
    }),
    service: service('server', namespace, { name: services.server, ports: { http: ports.server } }),
    headlessService: service('server', namespace, {
      name: services.serverHeadless,
      ports: { http: ports.server },
      headless: true,
    }),
    podDisruptionBudget: podDisruptionBudget('server', namespace),
  };
}
