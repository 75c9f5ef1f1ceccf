import { accessLog } from './access-log.ts';
import { extension, listener, router } from './envoy.ts';
import type { EdgeLimits } from './limits.ts';
import { seconds, tokenBucket } from './token-bucket.ts';
import type { Topology } from './topology.ts';

/**
 * Request headers with which a client could change how Envoy treats its upgrade
 * (router filter, "HTTP headers"); taken away before anything reads them.
 */
const steeringHeaders = [
  'x-envoy-max-retries',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-stream-duration-ms',
  'x-envoy-decorator-operation',
  'x-envoy-ip-tags',
];

/** An address of the documentation range (RFC 5737), from which no connection ever comes. */
const nobody = '192.0.2.1/32';

/** Where clients connect: WebSocket upgrades within the rate go to a pod with a free slot. */
export function ingressListener(limits: EdgeLimits, topology: Topology) {
  return listener('ingress', topology.ingress, {
    per_connection_buffer_limit_bytes: 32_768,
    hcm: {
      codec_type: 'HTTP1',
      server_name: 'edge',
      ...clientAddress(topology),
      early_header_mutation_extensions: [
        extension('envoy.http.early_header_mutation.header_mutation', {
          type: 'http.early_header_mutation.header_mutation.v3.HeaderMutation',
          mutations: steeringHeaders.map((remove) => ({ remove })),
        }),
      ],
      normalize_path: true,
      merge_slashes: true,
      request_headers_timeout: '10s',
      stream_idle_timeout: seconds(limits.streamIdleTimeoutSeconds),
      drain_timeout: '5s',
      common_http_protocol_options: {
        idle_timeout: '3600s',
        headers_with_underscores_action: 'REJECT_REQUEST',
      },
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      access_log_options: { flush_log_on_tunnel_successfully_established: true },
      access_log: [accessLog],
      http_filters: [healthCheckFilter, noRateLimitFilter, router()],
      route_config: {
        virtual_hosts: [{ name: 'websocket', domains: ['*'], routes: [upgradeRoute(limits), plainRoute] }],
      },
    },
  });
}

/**
 * `use_remote_address` with a trusted hop would let everybody who reaches the edge directly forge an
 * address; a list of trusted proxies does not. An empty list would mean "trust the header".
 */
function clientAddress(topology: Topology) {
  const trusted = topology.trustedProxyCidrs.length > 0 ? topology.trustedProxyCidrs : [nobody];
  return {
    use_remote_address: false,
    original_ip_detection_extensions: [
      extension('envoy.http.original_ip_detection.xff', {
        type: 'http.original_ip_detection.xff.v3.XffConfig',
        skip_xff_append: false,
        xff_trusted_cidrs: { cidrs: cidrRanges(trusted) },
      }),
    ],
    internal_address_config: { unix_sockets: false, cidr_ranges: cidrRanges(topology.internalCidrs) },
  };
}

/** Answers the load balancer itself: 200, and 503 once the edge drains. */
const healthCheckFilter = extension('envoy.filters.http.health_check', {
  type: 'filters.http.health_check.v3.HealthCheck',
  pass_through_mode: false,
  headers: [{ name: ':path', string_match: { exact: '/healthz' } }],
});

/** Limits nothing by itself; the upgrade route brings the limit. */
const noRateLimitFilter = localRateLimit({ stat_prefix: 'none' });

function localRateLimit(config: object) {
  return extension('envoy.filters.http.local_ratelimit', {
    type: 'filters.http.local_ratelimit.v3.LocalRateLimit',
    ...config,
  });
}

function upgradeRoute(limits: EdgeLimits) {
  const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
  const rateLimit = localRateLimit({
    stat_prefix: 'upgrade',
    token_bucket: tokenBucket(limits.admission),
    local_cluster_rate_limit: {},
    ...(limits.admissionPerClient && {
      rate_limits: [{ actions: [{ remote_address: {} }] }],
      max_dynamic_descriptors: 10_000,
      // No value: every client address gets a bucket of its own.
      descriptors: [
        { entries: [{ key: 'remote_address' }], token_bucket: tokenBucket(limits.admissionPerClient) },
      ],
      always_consume_default_token_bucket: true,
    }),
    filter_enabled: always,
    filter_enforced: always,
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    response_headers_to_add: [{ header: { key: 'retry-after', value: '1' } }],
  });
  return {
    name: 'upgrade',
    match: {
      prefix: '/',
      headers: [{ name: 'upgrade', string_match: { exact: 'websocket', ignore_case: true } }],
    },
    route: {
      cluster: 'servers',
      // Bounds the wait for 101 only (Envoy 1.36 and newer).
      timeout: seconds(limits.upgradeTimeoutSeconds),
      idle_timeout: seconds(limits.streamIdleTimeoutSeconds),
      retry_policy: {
        // `reset` also covers a try that timed out.
        retry_on: 'retriable-status-codes,connect-failure,refused-stream,reset',
        retriable_status_codes: [503],
        num_retries: limits.retries,
        per_try_timeout: seconds(limits.tryTimeoutSeconds),
        retry_back_off: { base_interval: '0.005s', max_interval: '0.02s' },
        host_selection_retry_max_attempts: 8,
        retry_host_predicate: [
          extension('envoy.retry_host_predicates.previous_hosts', {
            type: 'retry.host.previous_hosts.v3.PreviousHostsPredicate',
          }),
        ],
      },
    },
    typed_per_filter_config: { [rateLimit.name]: rateLimit.typed_config },
  };
}

const plainRoute = {
  name: 'plain',
  match: { prefix: '/' },
  direct_response: { status: 426, body: { inline_string: 'WebSocket only\n' } },
};

function cidrRanges(cidrs: readonly string[]) {
  return cidrs.map((cidr) => {
    const [address, length] = cidr.split('/');
    return { address_prefix: address, prefix_len: Number(length) };
  });
}
