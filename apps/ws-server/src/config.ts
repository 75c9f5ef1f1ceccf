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

/** How one server pod behaves. Left out: the value of {@link SERVER_DEFAULTS}. */
export interface ServerConfig {
  /** Local address to listen on. */
  host?: string;
  /** Port to listen on; 0 takes a free one. */
  port?: number;
  /** The pod's own address, sent in every reply. */
  podIp: string;
  /** WebSocket connections open at once; more are refused with 503. */
  maxConnections?: number;
  /** Every connection is pinged this often; one without a pong until the next ping is cut. */
  pingIntervalSeconds?: number;
  /** Largest message accepted, in bytes. */
  maxPayloadBytes?: number;
  /**
   * Messages a second, pings and pongs included, that one connection may send on average; four seconds of that at once.
   * One that sends more is closed with 1008.
   */
  messagesPerSecond?: number;
  /** The same for bytes as they come from the network; a read of fewer than 256 counts as 256. */
  bytesPerSecond?: number;
  /** Origins of web pages that may connect. Left out: all. Programs, which name none, always may. */
  allowedOrigins?: readonly string[];
  /** Time over which {@link RunningServer.drain} spreads the closes, and those of an edge that drains. */
  drainSeconds?: number;
  /**
   * Port on which an edge (Envoy) answers `GET /ready`. The peers of the open connections are asked there, and those
   * of one that drains are closed with 1001. Left out: nobody is asked.
   */
  edgeReadyPort?: number;
  /** An edge is asked this often. */
  edgeIntervalSeconds?: number;
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
  maxConnections: 2,
  pingIntervalSeconds: 25,
  maxPayloadBytes: 4096,
  messagesPerSecond: 50,
  bytesPerSecond: 65_536,
  drainSeconds: 10,
  handshakeTimeoutSeconds: 5,
  closeTimeoutSeconds: 2,
  edgeIntervalSeconds: 1,
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
    MAX_CONNECTIONS: wholeNumber(1, 1_000_000).default(SERVER_DEFAULTS.maxConnections),
    PING_INTERVAL_SECONDS: seconds().default(SERVER_DEFAULTS.pingIntervalSeconds),
    MAX_PAYLOAD_BYTES: wholeNumber(1, 2 ** 30).default(SERVER_DEFAULTS.maxPayloadBytes),
    MESSAGES_PER_SECOND: wholeNumber(1, 1_000_000).default(SERVER_DEFAULTS.messagesPerSecond),
    BYTES_PER_SECOND: wholeNumber(LEAST_BYTES_A_SECOND, 2 ** 30).default(SERVER_DEFAULTS.bytesPerSecond),
    DRAIN_SECONDS: seconds(0).default(SERVER_DEFAULTS.drainSeconds),
    ALLOWED_ORIGINS: text('origins such as https://app.example, separated by commas', (list) =>
      split(list).every(isOrigin),
    ).optional(),
    EDGE_READY_PORT: wholeNumber(1, 65_535).optional(),
    LOG_LEVEL: logLevel().default(SERVER_DEFAULTS.logLevel),
  })
  .refine(
    ({ MAX_PAYLOAD_BYTES: payload, BYTES_PER_SECOND: bytes }) =>
      payload + FRAME_BYTES <= bytes * BURST_SECONDS,
    {
      path: ['MAX_PAYLOAD_BYTES'],
      error: `what BYTES_PER_SECOND lets through in ${BURST_SECONDS} s, less ${FRAME_BYTES} of framing`,
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
    maxConnections: variables.MAX_CONNECTIONS,
    pingIntervalSeconds: variables.PING_INTERVAL_SECONDS,
    maxPayloadBytes: variables.MAX_PAYLOAD_BYTES,
    messagesPerSecond: variables.MESSAGES_PER_SECOND,
    bytesPerSecond: variables.BYTES_PER_SECOND,
    drainSeconds: variables.DRAIN_SECONDS,
    ...(variables.ALLOWED_ORIGINS !== undefined && { allowedOrigins: split(variables.ALLOWED_ORIGINS) }),
    ...(variables.EDGE_READY_PORT !== undefined && { edgeReadyPort: variables.EDGE_READY_PORT }),
    logLevel: variables.LOG_LEVEL,
  };
}

function isPair(value: unknown): boolean {
  const { MAX_PAYLOAD_BYTES: payload, BYTES_PER_SECOND: bytes } = value as Record<string, unknown>;
  return typeof payload === 'number' && typeof bytes === 'number';
}

function split(list: string): string[] {
  return list.split(',').map((origin) => origin.trim());
}

function isOrigin(value: string): boolean {
  return URL.parse(value)?.origin === value;
}
