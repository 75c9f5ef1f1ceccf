import { ports, resourceLimits, services, type WorkloadsConfig } from '@envoy-poc/layers/workloads';
import { deployment, podDisruptionBudget, service, serviceAccount } from './objects.ts';
import { httpProbe, podTemplate } from './pod.ts';

/** Time for the process to end after its last connection is closed. */
const EXIT_SECONDS = 10;

/**
 * The server: each pod holds a bounded number of WebSockets. SIGTERM drains it: health fails at once, new upgrades
 * are refused (the edge tries another pod), open connections are closed with 1001 over the drain time. There is no
 * `preStop`: waiting before SIGTERM would only let in connections that have to be closed again. The connections of an
 * edge that drains are closed likewise: the server asks it.
 */
export function serverManifests(config: WorkloadsConfig, image: string) {
  const { namespace } = config;
  const env = {
    PORT: ports.server,
    CONNECTIONS_PER_POD: config.connectionsPerPod,
    PING_INTERVAL_SECONDS: config.pingIntervalSeconds,
    MESSAGES_PER_SECOND_PER_CONNECTION: config.messagesPerSecondPerConnection,
    BYTES_PER_SECOND_PER_CONNECTION: config.bytesPerSecondPerConnection,
    SERVER_DRAIN_SECONDS: config.serverDrainSeconds,
    EDGE_READY_PORT: ports.edgeStats,
  };
  const container = {
    ports: [{ name: 'http', containerPort: ports.server, protocol: 'TCP' }],
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value: String(value) })),
      { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
    ],
    startupProbe: health({ periodSeconds: 1, timeoutSeconds: 3, failureThreshold: 60 }),
    readinessProbe: health({ periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2 }),
    livenessProbe: health({ periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }),
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
    service: service('server', namespace, { name: services.server, port: ports.server }),
    headlessService: service('server', namespace, {
      name: services.serverHeadless,
      port: ports.server,
      headless: true,
    }),
    podDisruptionBudget: podDisruptionBudget('server', namespace),
  };
}

function health(times: Parameters<typeof httpProbe>[2]) {
  return httpProbe('/healthz', ports.server, times);
}
