import { limitsSchema } from '@envoy-poc/edge/limits';
import {
  ipAddress,
  type LogLevel,
  logLevel,
  parseEnv,
  port,
  seconds,
  text,
  wholeNumber,
} from '@envoy-poc/env';
import * as z from 'zod';
import { BURST_SECONDS } from './budget.ts';
import type { PickerPlace } from './pickers.ts';

/**
 * The limits that a pod itself holds:
 * - upgrades beyond `connectionsPerPod` are refused with 503;
 * - a connection without a pong until the next ping is cut;
 * - one that sends more messages (pings and pongs included) or bytes (a read of fewer than 256 counts as 256) than it may
 *   is closed with 1008;
 * - {@link RunningServer.drain} spreads the closes over `serverDrainSeconds`, and so are those of an edge that drains.
 */
const podLimits = limitsSchema.pick({
  connectionsPerPod: true,
  messagesPerSecondPerConnection: true,
  bytesPerSecondPerConnection: true,
  pingIntervalSeconds: true,
  serverDrainSeconds: true,
});

/** How one server pod behaves. Left out: the value of {@link SERVER_DEFAULTS}. */
export interface ServerConfig extends Partial<z.output<typeof podLimits>> {
  /** Local address to listen on. */
  host?: string;
  /** Port to listen on; 0 takes a free one. */
  port?: number;
  /** The pod's own address, sent in every reply. */
  podIp: string;
  /** Largest message accepted, in bytes. */
  maxPayloadBytes?: number;
  /** Origins of web pages that may connect. Left out: all. Programs, which name none, always may. */
  allowedOrigins?: readonly string[];
  /**
   * Port on which an edge (Envoy) answers `GET /ready`. The peers of the open connections are asked there, and those
   * of one that drains are closed with 1001. Left out: nobody is asked.
   */
  edgeReadyPort?: number;
  /** An edge is asked this often. */
  edgeIntervalSeconds?: number;
  /** Endpoint pickers that are told of every change of the slots. */
  pickers?: readonly PickerPlace[];
  /** Longest wait for the whole head of a request. */
  handshakeTimeoutSeconds?: number;
  /** Longest wait for a peer's part in ending a connection. */
  closeTimeoutSeconds?: number;
  logLevel?: LogLevel;
}

/** {@link ServerConfig} with nothing left out that has a default. */
export type ServerSettings = Required<Omit<ServerConfig, 'edgeReadyPort' | 'allowedOrigins'>> &
  Pick<ServerConfig, 'edgeReadyPort' | 'allowedOrigins'>;

export const SERVER_DEFAULTS = {
  host: '0.0.0.0',
  port: 8080,
  ...podLimits.parse({}),
  maxPayloadBytes: 4096,
  handshakeTimeoutSeconds: 5,
  closeTimeoutSeconds: 2,
  edgeIntervalSeconds: 1,
  pickers: [],
  logLevel: 'info',
} as const satisfies Omit<ServerSettings, 'podIp'>;

/** Most bytes of a client's frame beside its payload (RFC 6455, 5.2). */
const FRAME_BYTES = 14;

/** One read brings up to 64 KiB, which has to fit into the budget at once. */
const LEAST_BYTES_A_SECOND = 65_536 / BURST_SECONDS;

const environment = z
  .object({
    HOST: ipAddress().default(SERVER_DEFAULTS.host),
    PORT: port().default(SERVER_DEFAULTS.port),
    POD_IP: ipAddress(),
    CONNECTIONS_PER_POD: wholeNumber(1, 1_000_000).default(SERVER_DEFAULTS.connectionsPerPod),
    PING_INTERVAL_SECONDS: seconds().default(SERVER_DEFAULTS.pingIntervalSeconds),
    MAX_PAYLOAD_BYTES: wholeNumber(1, 2 ** 30).default(SERVER_DEFAULTS.maxPayloadBytes),
    MESSAGES_PER_SECOND_PER_CONNECTION: wholeNumber(1, 1_000_000).default(
      SERVER_DEFAULTS.messagesPerSecondPerConnection,
    ),
    BYTES_PER_SECOND_PER_CONNECTION: wholeNumber(LEAST_BYTES_A_SECOND, 2 ** 30).default(
      SERVER_DEFAULTS.bytesPerSecondPerConnection,
    ),
    SERVER_DRAIN_SECONDS: seconds(0).default(SERVER_DEFAULTS.serverDrainSeconds),
    ALLOWED_ORIGINS: text('origins such as https://app.example, separated by commas', (list) =>
      split(list).every(isOrigin),
    ).optional(),
    EDGE_READY_PORT: wholeNumber(1, 65_535).optional(),
    PICKERS: text('hosts and ports such as picker:9003, separated by commas', (list) =>
      split(list).every(isPlace),
    ).optional(),
    LOG_LEVEL: logLevel().default(SERVER_DEFAULTS.logLevel),
  })
  .refine(
    ({ MAX_PAYLOAD_BYTES: payload, BYTES_PER_SECOND_PER_CONNECTION: bytes }) =>
      payload + FRAME_BYTES <= bytes * BURST_SECONDS,
    {
      path: ['MAX_PAYLOAD_BYTES'],
      error: `what BYTES_PER_SECOND_PER_CONNECTION lets through in ${BURST_SECONDS} s, less ${FRAME_BYTES} of framing`,
      // Compare whatever else is wrong, so that all faults show at once.
      when: ({ value }) => isPair(value),
    },
  );

/**
 * The configuration a pod gets by environment variables.
 *
 * @throws {EnvError} with all faults together
 */
export function serverConfigFromEnv(env: NodeJS.ProcessEnv): ServerConfig {
  const variables = parseEnv(environment, env);
  return {
    host: variables.HOST,
    port: variables.PORT,
    podIp: variables.POD_IP,
    connectionsPerPod: variables.CONNECTIONS_PER_POD,
    pingIntervalSeconds: variables.PING_INTERVAL_SECONDS,
    maxPayloadBytes: variables.MAX_PAYLOAD_BYTES,
    messagesPerSecondPerConnection: variables.MESSAGES_PER_SECOND_PER_CONNECTION,
    bytesPerSecondPerConnection: variables.BYTES_PER_SECOND_PER_CONNECTION,
    serverDrainSeconds: variables.SERVER_DRAIN_SECONDS,
    ...(variables.ALLOWED_ORIGINS !== undefined && { allowedOrigins: split(variables.ALLOWED_ORIGINS) }),
    ...(variables.EDGE_READY_PORT !== undefined && { edgeReadyPort: variables.EDGE_READY_PORT }),
    ...(variables.PICKERS !== undefined && { pickers: split(variables.PICKERS).map(placeOf) }),
    logLevel: variables.LOG_LEVEL,
  };
}

function isPair(value: unknown): boolean {
  const { MAX_PAYLOAD_BYTES: payload, BYTES_PER_SECOND_PER_CONNECTION: bytes } = value as Record<
    string,
    unknown
  >;
  return typeof payload === 'number' && typeof bytes === 'number';
}

function split(list: string): string[] {
  return list.split(',').map((item) => item.trim());
}

/** A DNS name or an IPv4 address, and a port. */
function isPlace(value: string): boolean {
  const { port } = placeOf(value);
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?:\d{1,5}$/i.test(value) && port >= 1 && port <= 65_535;
}

function placeOf(value: string): PickerPlace {
  const [host = '', port] = value.split(':');
  return { host, port: Number(port) };
}

function isOrigin(value: string): boolean {
  return URL.parse(value)?.origin === value;
}
