import { type EdgeLimits, edgeLimits, type Topology } from '@envoy-poc/edge';
import { ports, serviceHost, services } from './names.ts';
import type { WorkloadsConfig } from './settings.ts';

/** IPv4 ranges that the edge treats in a special way. */
export interface AddressRanges {
  /** The load balancer's addresses: only from there `X-Forwarded-For` is believed. */
  trustedProxyCidrs: readonly string[];
  /** Addresses that count as internal. */
  internalCidrs: readonly string[];
}

/** What the edge is told: the limits of the configuration, and how pods find each other in the cluster. */
export function edgeSettings(
  config: WorkloadsConfig,
  ranges: AddressRanges,
): { limits: EdgeLimits; topology: Topology } {
  const perClient = config.newConnectionsPerSecondPerClient;
  const limits = edgeLimits({
    pods: config.serverReplicas,
    connectionsPerPod: config.connectionsPerPod,
    edges: config.edgeReplicas,
    admissionsPerSecond: config.newConnectionsPerSecond,
    ...(perClient !== undefined && { admissionsPerClientPerSecond: perClient }),
    pingIntervalSeconds: config.pingIntervalSeconds,
    streamIdleTimeoutSeconds: config.streamIdleTimeoutSeconds,
    drainSeconds: config.edgeDrainSeconds,
  });
  const everywhere = (port: number) => ({ address: '0.0.0.0', port });
  const topology: Topology = {
    ingress: everywhere(ports.edge),
    stats: everywhere(ports.edgeStats),
    lifecycle: everywhere(ports.edgeLifecycle),
    // Without a file, as the root file system is read only; each pod has such names to itself.
    adminSocket: '@envoy-admin',
    servers: {
      kind: 'dns',
      name: serviceHost(services.serverHeadless, config.namespace),
      port: ports.server,
    },
    ...ranges,
  };
  return { limits, topology };
}
