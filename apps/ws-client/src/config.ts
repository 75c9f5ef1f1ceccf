import { hostname } from 'node:os';
import { demandSchema } from '@envoy-poc/edge/limits';
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

/** What one client asks for, all its connections together. */
const ownDemand = demandSchema.omit({ clientReplicas: true });

/** How one client behaves. Left out: the value of {@link CLIENT_DEFAULTS}. */
export interface ClientConfig extends Partial<z.output<typeof ownDemand>> {
  /** `ws://` or `wss://` URLs of the edges; each attempt takes one at random. */
  edgeUrls: readonly string[];
  /**
   * When the first attempt comes: as soon as the seconds since the epoch leave this remainder when divided by the
   * interval, so that clients can take turns whenever they start. Left out: after a random part of the interval.
   */
  attemptPhaseSeconds?: number;
  /** Longest wait for the answer to an attempt. */
  handshakeTimeoutSeconds?: number;
  /** Longest wait for the reply to a message; without one the connection counts as dead and is cut. */
  replyTimeoutSeconds?: number;
  /** Local address on which metrics and health are served. */
  host?: string;
  /** Port on which metrics and health are served; 0 takes a free one. */
  metricsPort?: number;
  /** Local address to connect from. Left out: the system's choice. */
  sourceAddress?: string;
  /** Name in logs and messages. Left out: the host's name. */
  name?: string;
  logLevel?: LogLevel;
}

export const CLIENT_DEFAULTS = {
  ...ownDemand.parse({}),
  handshakeTimeoutSeconds: 10,
  replyTimeoutSeconds: 10,
  host: '0.0.0.0',
  metricsPort: 9100,
  logLevel: 'info',
} as const satisfies Omit<ClientConfig, 'edgeUrls'>;

const environment = z
  .object({
    EDGE_URL: text('ws:// URLs, separated by commas', (list) => split(list).every(isWebSocketUrl)),
    CONNECTIONS_PER_CLIENT: wholeNumber(1, 10_000).default(CLIENT_DEFAULTS.connectionsPerClient),
    ATTEMPT_INTERVAL_SECONDS: seconds().default(CLIENT_DEFAULTS.attemptIntervalSeconds),
    ATTEMPT_PHASE_SECONDS: seconds(0).optional(),
    MESSAGE_INTERVAL_MIN_SECONDS: seconds().default(CLIENT_DEFAULTS.messageIntervalMinSeconds),
    MESSAGE_INTERVAL_MAX_SECONDS: seconds().default(CLIENT_DEFAULTS.messageIntervalMaxSeconds),
    HANDSHAKE_TIMEOUT_SECONDS: seconds().default(CLIENT_DEFAULTS.handshakeTimeoutSeconds),
    REPLY_TIMEOUT_SECONDS: seconds().default(CLIENT_DEFAULTS.replyTimeoutSeconds),
    HOST: ipAddress().default(CLIENT_DEFAULTS.host),
    METRICS_PORT: port().default(CLIENT_DEFAULTS.metricsPort),
    SOURCE_ADDRESS: ipAddress().optional(),
    CLIENT_NAME: text('a name').default(hostname),
    LOG_LEVEL: logLevel().default(CLIENT_DEFAULTS.logLevel),
  })
  .refine((set) => set.MESSAGE_INTERVAL_MIN_SECONDS <= set.MESSAGE_INTERVAL_MAX_SECONDS, {
    path: ['MESSAGE_INTERVAL_MIN_SECONDS'],
    error: 'at most MESSAGE_INTERVAL_MAX_SECONDS',
    // Compare whatever else is wrong, so that all faults show at once.
    when: ({ value }) => isPair(value),
  });

/**
 * The configuration a pod gets by environment variables.
 *
 * @throws {EnvError} with all faults together
 */
export function clientConfigFromEnv(env: NodeJS.ProcessEnv): ClientConfig {
  const variables = parseEnv(environment, env);
  return {
    edgeUrls: split(variables.EDGE_URL),
    connectionsPerClient: variables.CONNECTIONS_PER_CLIENT,
    attemptIntervalSeconds: variables.ATTEMPT_INTERVAL_SECONDS,
    ...(variables.ATTEMPT_PHASE_SECONDS !== undefined && {
      attemptPhaseSeconds: variables.ATTEMPT_PHASE_SECONDS,
    }),
    messageIntervalMinSeconds: variables.MESSAGE_INTERVAL_MIN_SECONDS,
    messageIntervalMaxSeconds: variables.MESSAGE_INTERVAL_MAX_SECONDS,
    handshakeTimeoutSeconds: variables.HANDSHAKE_TIMEOUT_SECONDS,
    replyTimeoutSeconds: variables.REPLY_TIMEOUT_SECONDS,
    host: variables.HOST,
    metricsPort: variables.METRICS_PORT,
    ...(variables.SOURCE_ADDRESS !== undefined && { sourceAddress: variables.SOURCE_ADDRESS }),
    name: variables.CLIENT_NAME,
    logLevel: variables.LOG_LEVEL,
  };
}

function split(list: string): string[] {
  return list.split(',').map((url) => url.trim());
}

function isWebSocketUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && ['ws:', 'wss:'].includes(url.protocol) && url.hash === '';
}

function isPair(value: unknown): boolean {
  const { MESSAGE_INTERVAL_MIN_SECONDS: min, MESSAGE_INTERVAL_MAX_SECONDS: max } = value as Record<
    string,
    unknown
  >;
  return typeof min === 'number' && typeof max === 'number';
}
