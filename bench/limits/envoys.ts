import type { Limits } from '@envoy-poc/edge';
import type { RatelimitPlace } from './ratelimit.ts';

/** The parts of a bootstrap that a peer's differs in. */
export interface Bootstrap {
  static_resources: {
    clusters: { name: string; circuit_breakers?: object }[];
    listeners: { name: string; filter_chains: { filters: { typed_config: Http }[] }[] }[];
  };
}

interface Http {
  http_filters: object[];
  route_config: { virtual_hosts: { routes: { name?: string; route?: object }[] }[] };
}

/** Envoy's own limit for each host, which a worker counts by itself. */
export function limitAtTheEdge(
  { static_resources }: Bootstrap,
  { connectionsPerPod, serverReplicas }: Limits,
): void {
  const slots = connectionsPerPod * serverReplicas;
  const servers = static_resources.clusters.find(({ name }) => name === 'servers');
  if (!servers) throw new Error('the bootstrap has no cluster named servers');
  servers.circuit_breakers = {
    per_host_thresholds: [{ max_connections: connectionsPerPod }],
    thresholds: [{ max_requests: slots, max_pending_requests: slots }],
  };
}

/** Has an Envoy ask envoyproxy/ratelimit about every upgrade; without an answer it refuses. */
export function askRatelimit({ static_resources }: Bootstrap, { address, port }: RatelimitPlace): void {
  const cluster = {
    name: 'ratelimit',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'ratelimit',
      endpoints: [
        {
          lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: port } } } }],
        },
      ],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  };
  static_resources.clusters.push(cluster);
  const ingress = static_resources.listeners.find(({ name }) => name === 'ingress');
  const http = ingress?.filter_chains[0]?.filters.at(-1)?.typed_config;
  const upgrade = http?.route_config.virtual_hosts[0]?.routes.find(({ name }) => name === 'upgrade');
  if (!http || !upgrade) throw new Error('the bootstrap has no route named upgrade');
  http.http_filters.unshift({
    name: 'envoy.filters.http.ratelimit',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit',
      domain: 'edge',
      timeout: '0.25s',
      failure_mode_deny: true,
      rate_limit_service: {
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: 'ratelimit' } },
      },
    },
  });
  upgrade.route = {
    ...upgrade.route,
    rate_limits: [{ actions: [{ generic_key: { descriptor_value: 'upgrade' } }] }],
  };
}
