import { seconds } from './token-bucket.ts';
import type { SocketAddress } from './topology.ts';

/**
 * Largest head of a request, in KiB. A pod's is 16 (Node, `maxHeaderSize`), of which the edge uses up some for the
 * headers that it adds and for what it does not count (line ends): what passes the edge never fails at the pod.
 */
const MOST_HEAD_KIB = 15;

/** An Envoy extension: its name and its typed configuration. `type` is below `envoy.extensions`. */
export function extension(name: string, config: { type: string; [field: string]: unknown }) {
  const { type, ...fields } = config;
  return { name, typed_config: { '@type': `type.googleapis.com/envoy.extensions.${type}`, ...fields } };
}

/** Envoy's form of an address. */
export function socketAddress(at: SocketAddress) {
  return { socket_address: { address: at.address, port_value: at.port } };
}

/** Envoy's form of a Unix socket. */
export function unixSocket(path: string) {
  return { pipe: { path } };
}

/** A header that is not there at all. */
export function absent(name: string) {
  return { name, present_match: true, invert_match: true };
}

/** A header of exactly this value. */
export function exactly(name: string, value: string) {
  return { name, string_match: { exact: value } };
}

/** A header that matches as a whole (RE2). */
export function matching(name: string, regex: string) {
  return { name, string_match: { safe_regex: { regex } } };
}

/**
 * What tells a plain GET: no upgrade, and no body that might never come (but in chunks: Envoy takes their header away
 * before anything can look at it).
 */
export const plainGet = [exactly(':method', 'GET'), ...['upgrade', 'content-length'].map(absent)];

/** The last filter of every chain. */
export function router() {
  return extension('envoy.filters.http.router', { type: 'filters.http.router.v3.Router' });
}

/**
 * A connection that has sent nothing for this long, or half a request head, is closed. Clients and proxies send the
 * head as soon as they are connected.
 */
const HEAD_SECONDS = 10;

/** A route: what it matches, and what becomes of that. */
export interface HttpRoute {
  match: { headers?: readonly object[]; [field: string]: unknown };
  [field: string]: unknown;
}

export interface ListenerOptions {
  /** Connections it holds at once; one more is closed at once. */
  connections: number;
  /** Longest time for a whole request to come and its answer to begin, in seconds. */
  requestSeconds: number;
  /** Whether it answers in overload too, which is meant for clients: not for who looks after the edge. */
  throughOverload?: boolean;
  /** Other fields of its HTTP connection manager. */
  http: Record<string, unknown>;
  routes: readonly HttpRoute[];
}

/**
 * A listener with one HTTP connection manager and places of its own, none of which anybody can hold for nothing: each
 * connection brings one request within a bound, and ends with its answer or is a WebSocket.
 *
 * The limit is a filter's, not the overload manager's: of that one's places a listener with
 * `ignore_global_conn_limit` gives back what it never took (seen with Envoy 1.39 and 1.40).
 */
export function listener(name: string, at: SocketAddress, options: ListenerOptions) {
  return {
    name,
    address: socketAddress(at),
    per_connection_buffer_limit_bytes: 32_768,
    ...(options.throughOverload && { bypass_overload_manager: true }),
    filter_chains: [
      {
        filters: [
          extension('envoy.filters.network.connection_limit', {
            type: 'filters.network.connection_limit.v3.ConnectionLimit',
            stat_prefix: name,
            max_connections: options.connections,
          }),
          extension('envoy.filters.network.http_connection_manager', {
            type: 'filters.network.http_connection_manager.v3.HttpConnectionManager',
            stat_prefix: name,
            codec_type: 'HTTP1',
            max_request_headers_kb: MOST_HEAD_KIB,
            request_headers_timeout: seconds(HEAD_SECONDS),
            request_timeout: seconds(options.requestSeconds),
            // How long an answered connection waits for the other end to close it. An edge short of processor time that
            // waited less would close before it has sent the answer. One that the other end has reset waits as long.
            delayed_close_timeout: '2s',
            common_http_protocol_options: {
              idle_timeout: seconds(HEAD_SECONDS),
              max_requests_per_connection: 1,
              headers_with_underscores_action: 'REJECT_REQUEST',
            },
            ...options.http,
            route_config: { virtual_hosts: [{ name, domains: ['*'], routes: options.routes }] },
          }),
        ],
      },
    ],
  };
}
