import { extension, socketAddress, unixSocket } from './envoy.ts';
import { ceilings } from './limits.ts';
import { seconds } from './token-bucket.ts';
import type { Topology } from './topology.ts';

/** The server pods: one connection an upgrade, free pods before full ones. */
export function serversCluster(topology: Topology) {
  const most = ceilings.connections;
  const { servers } = topology;
  const discovery = servers.kind === 'dns' ? { cluster_type: dns } : { type: 'STATIC' };
  const addresses =
    servers.kind === 'dns'
      ? [socketAddress({ address: servers.name, port: servers.port })]
      : servers.addresses.map(socketAddress);
  return {
    ...cluster('servers', discovery, addresses, {
      // A full pod is "degraded": it gets a new connection only when every pod is full.
      policy: { overprovisioning_factor: 100_000 },
    }),
    ignore_health_on_host_removal: true,
    // In turn, so that a retry reaches a pod not tried yet.
    lb_policy: 'ROUND_ROBIN',
    common_lb_config: {
      healthy_panic_threshold: { value: 0 },
      // Workers learn at once that a pod is full or free again; Envoy's default is to wait a second.
      update_merge_window: '0s',
    },
    ...(topology.source !== undefined && {
      upstream_bind_config: {
        source_address: socketAddress({ address: topology.source, port: 0 }).socket_address,
      },
    }),
    per_connection_buffer_limit_bytes: 32_768,
    upstream_connection_options: {
      tcp_keepalive: { keepalive_probes: 3, keepalive_time: 60, keepalive_interval: 10 },
    },
    track_cluster_stats: { per_endpoint_stats: true },
    circuit_breakers: {
      thresholds: [
        {
          max_connections: most,
          max_pending_requests: most,
          max_requests: most,
          max_retries: most,
          track_remaining: true,
        },
      ],
      // Guards against leaks only: a breaker counts per edge and worker, so it cannot be the limit. Where it bites,
      // an upgrade waits for a connection that may never come free; so the limit of requests above comes first.
      per_host_thresholds: [{ max_connections: most }],
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': extension('', {
        type: 'upstreams.http.v3.HttpProtocolOptions',
        common_http_protocol_options: { max_requests_per_connection: 1, idle_timeout: '5s' },
        explicit_http_config: { http_protocol_options: {} },
      }).typed_config,
    },
    health_checks: [
      {
        timeout: '1s',
        interval: '1s',
        no_traffic_interval: '1s',
        unhealthy_threshold: 2,
        healthy_threshold: 1,
        http_health_check: { path: '/healthz' },
      },
    ],
  };
}

/** Envoy's own administration. */
export function adminCluster(topology: Topology) {
  return cluster('admin', { type: 'STATIC' }, [unixSocket(topology.adminSocket)]);
}

/** A name that resolves to all its hosts; looked up again and again, as pods come and go. */
const dns = extension('envoy.cluster.dns', {
  type: 'clusters.dns.v3.DnsCluster',
  dns_lookup_family: 'V4_ONLY',
  dns_refresh_rate: seconds(2),
});

function cluster(name: string, discovery: object, addresses: object[], loadAssignment: object = {}) {
  return {
    name,
    ...discovery,
    connect_timeout: seconds(1),
    load_assignment: {
      cluster_name: name,
      ...loadAssignment,
      endpoints: [{ lb_endpoints: addresses.map((address) => ({ endpoint: { address } })) }],
    },
  };
}
