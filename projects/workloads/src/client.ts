import { childOptions } from '@envoy-poc/layers/pulumi';
import {
  ports,
  resourceLimits,
  serviceHost,
  services,
  type WorkloadsConfig,
} from '@envoy-poc/layers/workloads';
import { Deployment } from '@pulumi/kubernetes/apps/v1/deployment.js';
import { ServiceAccount } from '@pulumi/kubernetes/core/v1/serviceAccount.js';
import { ComponentResource, type ComponentResourceOptions, mergeOptions } from '@pulumi/pulumi';
import { deployment, environment, podTemplate, probes, serviceAccount } from './objects.ts';

export interface ClientArgs {
  config: WorkloadsConfig;
  /** Reference of the image, by digest. */
  image: string;
}

/** The clients' Deployment; done when every pod is ready. */
export class Client extends ComponentResource {
  constructor(name: string, args: ClientArgs, options?: ComponentResourceOptions) {
    super('envoy-poc:workloads:Client', name, {}, options);
    const manifests = clientManifests(args.config, args.image);
    const child = childOptions(this, options);
    const serviceAccount = new ServiceAccount(
      'envoy_poc_app_client_service_account',
      manifests.serviceAccount,
      child,
    );
    new Deployment(
      'envoy_poc_app_client_deployment',
      manifests.deployment,
      mergeOptions(child, { dependsOn: serviceAccount }),
    );
    this.registerOutputs();
  }
}

/** Time for a client to close its connections. */
const EXIT_SECONDS = 10;

/** The client: each pod keeps some WebSockets open through the edge and sends a message now and then. */
function clientManifests(config: WorkloadsConfig, image: string) {
  const { namespace } = config;
  const env = {
    EDGE_URL: `ws://${serviceHost(services.edge, namespace)}:${ports.edge}/`,
    CONNECTIONS_PER_CLIENT: config.connectionsPerClient,
    ATTEMPT_INTERVAL_SECONDS: config.attemptIntervalSeconds,
    MESSAGE_INTERVAL_MIN_SECONDS: config.messageIntervalMinSeconds,
    MESSAGE_INTERVAL_MAX_SECONDS: config.messageIntervalMaxSeconds,
    METRICS_PORT: ports.client,
  };
  const container = {
    ports: [{ name: 'metrics', containerPort: ports.client, protocol: 'TCP' }],
    env: environment(env, { CLIENT_NAME: 'metadata.name' }),
    ...probes(
      ports.client,
      { alive: '/healthz', ready: '/healthz' },
      { periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 2 },
    ),
  };
  return {
    serviceAccount: serviceAccount('client', namespace),
    deployment: deployment('client', namespace, {
      replicas: config.clientReplicas,
      // No pod more than asked for: they are load, and nodes have room for few more pods.
      rollingUpdate: { maxSurge: 0, maxUnavailable: '50%' },
      template: podTemplate(
        'client',
        {
          image,
          uid: 1000,
          resources: { limits: resourceLimits.client, requests: config.requests.client },
          terminationGracePeriodSeconds: EXIT_SECONDS,
        },
        container,
      ),
    }),
  };
}
