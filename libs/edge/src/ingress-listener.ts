import { accessLog } from './access-log.ts';
import { absent, exactly, extension, type HttpRoute, listener, matching, router } from './envoy.ts';
import { healthRoutes, leavingRoute } from './leaving.ts';
import { ceilings, type Limits, sharesOf } from './limits.ts';
import { askPicker, picked, pickerFilter, refusedByPicker } from './picker.ts';
import { clientAddressHeader, pickedHeader } from './picker-contract.ts';
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

/**
 * Request headers that may be there once only, where a match of Envoy looks at each alone and a pod at all together:
 * made one, as a pod sees them.
 */
const onceOnly = ['sec-websocket-key', 'sec-websocket-version'];

function keepAsOne(key: string) {
  return {
    append: { header: { key, value: `%REQ(${key})%` }, append_action: 'OVERWRITE_IF_EXISTS' },
  };
}

/** A word of a header (RFC 9110, section 5.6.2). */
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

/** Longest wait for the answer to an upgrade, all tries together, in seconds. */
const UPGRADE_SECONDS = 5;

/** Longest wait for one pod's answer to an upgrade, in seconds. */
const TRY_SECONDS = 2;

/** An address of the documentation range (RFC 5737), from which no connection ever comes. */
const nobody = '192.0.2.1/32';

/** Where clients connect: WebSocket upgrades within the rate go to a pod with a free slot. */
export function ingressListener(limits: Limits, topology: Topology) {
  const exact = limits.admission === 'exact';
  const removed = [...steeringHeaders, ...(exact ? [pickedHeader, clientAddressHeader] : [])];
  return listener('ingress', topology.ingress, {
    connections: ceilings.sockets,
    // Above the bound on an upgrade, which has its own answer.
    requestSeconds: UPGRADE_SECONDS + 5,
    http: {
      server_name: 'edge',
      ...clientAddress(topology),
      early_header_mutation_extensions: [
        extension('envoy.http.early_header_mutation.header_mutation', {
          type: 'http.early_header_mutation.header_mutation.v3.HeaderMutation',
          mutations: [...removed.map((remove) => ({ remove })), ...onceOnly.map(keepAsOne)],
        }),
      ],
      // So that who is refused can ask why.
      always_set_request_id_in_response: true,
      normalize_path: true,
      merge_slashes: true,
      stream_idle_timeout: seconds(limits.streamIdleTimeoutSeconds),
      drain_timeout: '5s',
      upgrade_configs: [{ upgrade_type: 'websocket' }],
      access_log_options: { flush_log_on_tunnel_successfully_established: true },
      access_log: [accessLog({ withRoute: exact })],
      ...(exact && { local_reply_config: refusedByPicker }),
      http_filters: [...(exact ? [pickerFilter] : []), noRateLimitFilter, router()],
    },
    routes: [
      ...healthRoutes,
      leavingRoute,
      ...(topology.allowedOrigins ? [foreignPageRoute(topology.allowedOrigins)] : []),
      ...(exact ? [pickedRoute(limits)] : []),
      upgradeRoute(limits),
      malformedRoute,
      plainRoute,
    ],
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

/** Limits nothing by itself; the upgrade route brings the limit. */
const noRateLimitFilter = localRateLimit({ stat_prefix: 'none' });

function localRateLimit(config: object) {
  return extension('envoy.filters.http.local_ratelimit', {
    type: 'filters.http.local_ratelimit.v3.LocalRateLimit',
    ...config,
  });
}

/** Upgrades of which the picker has said where they go; it has counted them against the rate. */
function pickedRoute(limits: Limits): HttpRoute {
  return {
    name: 'picked',
    match: { prefix: '/', headers: [...validUpgrade, picked] },
    route: toServers(limits),
  };
}

/**
 * Upgrades that the picker is asked about, where there is one. Without its word they go to any pod within this edge's
 * share of the rate.
 */
function upgradeRoute(limits: Limits): HttpRoute {
  const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
  const shares = sharesOf(limits);
  const rateLimit = localRateLimit({
    stat_prefix: 'upgrade',
    token_bucket: tokenBucket(shares.all),
    ...(shares.client && {
      rate_limits: [{ actions: [{ remote_address: {} }] }],
      max_dynamic_descriptors: 10_000,
      // No value: every client address gets a bucket of its own.
      descriptors: [{ entries: [{ key: 'remote_address' }], token_bucket: tokenBucket(shares.client) }],
      always_consume_default_token_bucket: true,
    }),
    filter_enabled: always,
    filter_enforced: always,
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    response_headers_to_add: [{ header: { key: 'retry-after', value: '1' } }],
  });
  return {
    name: 'upgrade',
    match: { prefix: '/', headers: validUpgrade },
    route: toServers(limits),
    typed_per_filter_config: {
      ...(limits.admission === 'exact' && askPicker),
      [rateLimit.name]: rateLimit.typed_config,
    },
  };
}

function toServers(limits: Limits) {
  return {
    cluster: 'servers',
    // Bounds the wait for 101 only (Envoy 1.36 and newer).
    timeout: seconds(UPGRADE_SECONDS),
    idle_timeout: seconds(limits.streamIdleTimeoutSeconds),
    retry_policy: {
      // `reset` also covers a try that timed out.
      retry_on: 'retriable-status-codes,connect-failure,refused-stream,reset',
      retriable_status_codes: [503],
      num_retries: ceilings.retries,
      per_try_timeout: seconds(TRY_SECONDS),
      retry_back_off: { base_interval: '0.005s', max_interval: '0.02s' },
      host_selection_retry_max_attempts: 8,
      retry_host_predicate: [
        extension('envoy.retry_host_predicates.previous_hosts', {
          type: 'retry.host.previous_hosts.v3.PreviousHostsPredicate',
        }),
      ],
    },
  };
}

/**
 * What a pod would refuse (RFC 6455, section 4.2.1) never gets so far, and costs no token.
 */
const validUpgrade = [
  { name: 'upgrade', string_match: { exact: 'websocket', ignore_case: true } },
  exactly(':method', 'GET'),
  exactly('sec-websocket-version', '13'),
  matching('sec-websocket-key', '[A-Za-z0-9+/]{22}=='),
  {
    ...matching('sec-websocket-protocol', `|${token}(\\s*,\\s*${token})*`),
    treat_missing_header_as_empty: true,
  },
  absent('content-length'),
];

/** What a web page of another site sends: browsers name the page's origin with each upgrade. */
function foreignPageRoute(allowed: readonly string[]) {
  return {
    name: 'foreign-page',
    match: {
      prefix: '/',
      headers: [
        { name: 'upgrade', present_match: true },
        { name: 'origin', present_match: true },
        ...allowed.map((origin) => ({ ...exactly('origin', origin), invert_match: true })),
      ],
    },
    direct_response: { status: 403, body: { inline_string: 'pages of this site may not connect\n' } },
  };
}

const malformedRoute = {
  name: 'malformed',
  match: { prefix: '/', headers: [{ name: 'upgrade', present_match: true }] },
  direct_response: { status: 400, body: { inline_string: 'not a WebSocket upgrade (RFC 6455)\n' } },
  response_headers_to_add: [{ header: { key: 'sec-websocket-version', value: '13' } }],
};

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
