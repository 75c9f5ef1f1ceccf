import { exactly } from './envoy.ts';

/**
 * One line of the edge's access log. An admitted upgrade has two: at 101 (`type`
 * `DownstreamTunnelSuccessfullyEstablished`) and at its close (`DownstreamEnd`); a refusal has one.
 */
export interface AccessLogLine {
  /** Start of the request: ISO 8601, milliseconds, UTC. */
  time: string;
  type: 'DownstreamTunnelSuccessfullyEstablished' | 'DownstreamEnd';
  /** `--service-node` of the edge. */
  edge: string;
  /** Client address, from the load balancer's header only where that is trusted. */
  client: string;
  /** Address and port at the other end of the TCP connection. */
  peer: string;
  method: string | null;
  /** Without its query, which may hold secrets; cut after 256 characters. */
  path: string | null;
  upgrade: string | null;
  code: number;
  /** Envoy's response flags, such as `RL` (rate limited) or `UH` (no healthy host); `-`: none. */
  flags: string;
  details: string | null;
  /** Address and port of the last pod tried. */
  upstream: string | null;
  /** How many times a pod was asked; 0 for a request that never got that far. */
  attempts: number | null;
  /** Whole seconds until this edge's share of the rate allows one more: a refusal by it says so. */
  reset?: string | null;
  /** Milliseconds from the request to this line. */
  duration_ms: number;
  bytes_received: number;
  bytes_sent: number;
  request_id: string | null;
  /**
   * Which route it took: an upgrade goes by `picked` where the endpoint picker chose its pod, else by `upgrade`. With
   * `admission: exact` only.
   */
  route?: string | null;
}

const header = (header: object) => ({ header_filter: { header } });

/** Not there counts as well: what is no request yet, such as a head that is too large, is logged too. */
const isNot = (name: string, value: string) =>
  header({ ...exactly(name, value), invert_match: true, treat_missing_header_as_empty: true });

/** Writes every request but plain health checks to stdout, as JSON. What a client chooses the length of is cut. */
export const accessLog = ({ withRoute }: { withRoute: boolean }) => ({
  name: 'envoy.access_loggers.stdout',
  filter: {
    or_filter: {
      filters: [
        isNot(':path', '/healthz'),
        isNot(':method', 'GET'),
        ...['upgrade', 'content-length'].map((name) => header({ name, present_match: true })),
      ],
    },
  },
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
    log_format: {
      json_format: {
        time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
        type: '%ACCESS_LOG_TYPE%',
        edge: '%ENVIRONMENT(EDGE_NAME)%',
        client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
        peer: '%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%',
        method: '%REQ(:METHOD):16%',
        path: '%PATH(NQ:PATH):256%',
        upgrade: '%REQ(UPGRADE):64%',
        code: '%RESPONSE_CODE%',
        flags: '%RESPONSE_FLAGS%',
        details: '%RESPONSE_CODE_DETAILS%',
        upstream: '%UPSTREAM_HOST%',
        attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
        reset: '%RESP(X-RATELIMIT-RESET):16%',
        duration_ms: '%DURATION%',
        bytes_received: '%BYTES_RECEIVED%',
        bytes_sent: '%BYTES_SENT%',
        request_id: '%REQ(X-REQUEST-ID):128%',
        ...(withRoute && { route: '%ROUTE_NAME%' }),
      } satisfies Record<Exclude<keyof AccessLogLine, 'route'>, string> & { route?: string },
    },
  },
});
