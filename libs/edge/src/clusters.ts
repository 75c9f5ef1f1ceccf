import { extension, socketAddress, unixSocket } from './envoy.ts';
import { ceilings, type Limits } from './limits.ts';
import { identity, pickedHeader } from './picker-contract.ts';
import { seconds } from './token-bucket.ts';
import type { Endpoints, Topology } from './topology.ts';

/**
 * Time between two questions after a picker's health, and longest wait for the answer, in seconds. Two in a row without
 * one end its part: 0.8 s after it froze at the latest.
 */
const HEALTH_SECONDS = 0.2;

/**
 * Longest wait for a connection to a pod, in seconds. Who is there answers within milliseconds, however busy its program
 * is; the address of a pod that is gone may be tried several times for one upgrade, until DNS has dropped it.
 */
const CONNECT_SECONDS = 0.2;

/** The server pods: one connection an upgrade, free pods before full ones. */
export function serversCluster(limits: Pick<Limits, 'admission'>, topology: Topology) {
  const most = ceilings.connections;
  const { servers } = topology;
  return {
    ...cluster('servers', discovery(servers), [hosts(addressesOf(servers))], {
      // A full pod is "degraded": it gets a new connection only when every pod is full.
      policy: { overprovisioning_factor: 100_000 },
      connectSeconds: CONNECT_SECONDS,
    }),
    ignore_health_on_host_removal: true,
    // In turn, so that a retry reaches a pod not tried yet.
    ...(limits.admission === 'exact'
      ? { load_balancing_policy: pickedPolicy }
      : { lb_policy: 'ROUND_ROBIN' }),
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
    typed_extension_protocol_options: http1({ max_requests_per_connection: 1, idle_timeout: '5s' }),
    // Spread from the start: pods that are all checked at one moment are all known at their oldest together.
    health_checks: [{ ...healthCheck(1), initial_jitter: seconds(1) }],
  };
}

/** The pickers: the first that is healthy gets all questions. */
export function pickerCluster(pickers: readonly Endpoints[]) {
  const most = ceilings.connections;
  const inOrder = pickers.map((picker, priority) => ({ priority, ...hosts(addressesOf(picker)) }));
  return {
    ...cluster('picker', discovery(...pickers), inOrder, { connectSeconds: HEALTH_SECONDS }),
    ignore_health_on_host_removal: true,
    common_lb_config: {
      // None healthy: no question waits for an answer that will not come.
      healthy_panic_threshold: { value: 0 },
      update_merge_window: '0s',
    },
    circuit_breakers: {
      thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most }],
    },
    // Less than the 5 s after which Node, by default, closes a quiet connection just as a question comes.
    typed_extension_protocol_options: http1({ idle_timeout: '4s' }),
    health_checks: [healthCheck(HEALTH_SECONDS, { service_name_matcher: { exact: identity.value } })],
  };
}

/** Envoy's own administration. */
export function adminCluster(topology: Topology) {
  return cluster('admin', discovery(), [hosts([unixSocket(topology.adminSocket)])]);
}

/** Follows the picker's list, one more at each try, and goes on in turn when it is at its end. */
const pickedPolicy = {
  policies: [
    policy('override_host', 'OverrideHost', {
      override_host_sources: [{ header: pickedHeader }],
      fallback_policy: { policies: [policy('round_robin', 'RoundRobin')] },
    }),
  ],
};

/** A name that resolves to all its hosts; looked up again and again, as pods come and go. */
const dns = extension('envoy.cluster.dns', {
  type: 'clusters.dns.v3.DnsCluster',
  dns_lookup_family: 'V4_ONLY',
  dns_refresh_rate: seconds(2),
});

function cluster(
  name: string,
  discovery: object,
  endpoints: object[],
  { connectSeconds = 1, policy }: { connectSeconds?: number; policy?: object } = {},
) {
  return {
    name,
    ...discovery,
    connect_timeout: seconds(connectSeconds),
    load_assignment: { cluster_name: name, ...(policy && { policy }), endpoints },
  };
}

/** How the hosts are found: by DNS where one of them has a name. */
function discovery(...endpoints: Endpoints[]): object {
  return endpoints.some(({ kind }) => kind === 'dns') ? { cluster_type: dns } : { type: 'STATIC' };
}

function addressesOf(endpoints: Endpoints) {
  const all =
    endpoints.kind === 'dns' ? [{ address: endpoints.name, port: endpoints.port }] : endpoints.addresses;
  return all.map(socketAddress);
}

function hosts(addresses: readonly object[]) {
  return { lb_endpoints: addresses.map((address) => ({ endpoint: { address } })) };
}

function http1(common: object) {
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': extension('', {
      type: 'upstreams.http.v3.HttpProtocolOptions',
      common_http_protocol_options: common,
      explicit_http_config: { http_protocol_options: {} },
    }).typed_config,
  };
}

/** Asks each host so often, and waits as long; two in a row without an answer, and it is out until the next with one. */
function healthCheck(everySeconds: number, expected: object = {}) {
  const every = seconds(everySeconds);
  return {
    timeout: every,
    interval: every,
    no_traffic_interval: every,
    unhealthy_threshold: 2,
    healthy_threshold: 1,
    http_health_check: { path: '/healthz', ...expected },
  };
}

function policy(name: string, type: string, config: object = {}) {
  return {
    typed_extension_config: extension(`envoy.load_balancing_policies.${name}`, {
      type: `load_balancing_policies.${name}.v3.${type}`,
      ...config,
    }),
  };
}
