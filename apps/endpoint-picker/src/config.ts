import { limitsSchema } from '@envoy-poc/edge/limits';
import { ipAddress, type LogLevel, logLevel, parseEnv, port, seconds, text } from '@envoy-poc/env';
import * as z from 'zod';

/** The limits that the picker itself holds; a pod's own limit is what the pod says. */
const rates = limitsSchema.pick({ newConnectionsPerSecond: true, newConnectionsPerSecondPerClient: true });

/** How a picker behaves. Left out: the value of {@link PICKER_DEFAULTS}. */
export interface PickerConfig extends Partial<z.output<typeof rates>> {
  /** Local address of both ports. */
  host?: string;
  /** Port for decisions, `/healthz` and `/metrics`; 0 takes a free one. */
  port?: number;
  /** Port for the pods' reports; 0 takes a free one. */
  reportsPort?: number;
  /**
   * A picker is ready when the pods it hears have not become more for this long. Pods look for pickers once a second; where
   * they find them by a DNS name, some may be told of a new one as much later as answers are kept.
   */
  settleSeconds?: number;
  /** After SIGTERM it answers for this long, in which edges see `/healthz` fail and turn to another picker. */
  drainSeconds?: number;
  /** Longest wait for the whole head of a request, and for the first line of a pod. */
  headTimeoutSeconds?: number;
  logLevel?: LogLevel;
}

/** {@link PickerConfig} with nothing left out that has a default. */
export type PickerSettings = Required<Omit<PickerConfig, 'newConnectionsPerSecondPerClient'>> &
  Pick<PickerConfig, 'newConnectionsPerSecondPerClient'>;

export const PICKER_DEFAULTS = {
  host: '0.0.0.0',
  port: 9002,
  reportsPort: 9003,
  ...rates.parse({}),
  settleSeconds: 1,
  drainSeconds: 3,
  headTimeoutSeconds: 5,
  logLevel: 'info',
} as const satisfies PickerSettings;

const MOST_PER_SECOND = 1_000_000;

/** New connections a second; also as JavaScript prints small numbers, `1e-7`. */
function rate() {
  return text(
    `a number above 0, at most ${MOST_PER_SECOND}`,
    (value) => /^\d+(\.\d+)?(e-?\d+)?$/.test(value) && Number(value) > 0 && Number(value) <= MOST_PER_SECOND,
  ).transform(Number);
}

const environment = z.object({
  HOST: ipAddress().default(PICKER_DEFAULTS.host),
  PORT: port().default(PICKER_DEFAULTS.port),
  REPORTS_PORT: port().default(PICKER_DEFAULTS.reportsPort),
  NEW_CONNECTIONS_PER_SECOND: rate().default(PICKER_DEFAULTS.newConnectionsPerSecond),
  NEW_CONNECTIONS_PER_SECOND_PER_CLIENT: rate().optional(),
  SETTLE_SECONDS: seconds().default(PICKER_DEFAULTS.settleSeconds),
  LOG_LEVEL: logLevel().default(PICKER_DEFAULTS.logLevel),
});

/**
 * The configuration a picker gets by environment variables.
 *
 * @throws {EnvError} with all faults together
 */
export function pickerConfigFromEnv(env: NodeJS.ProcessEnv): PickerConfig {
  const variables = parseEnv(environment, env);
  const perClient = variables.NEW_CONNECTIONS_PER_SECOND_PER_CLIENT;
  return {
    host: variables.HOST,
    port: variables.PORT,
    reportsPort: variables.REPORTS_PORT,
    newConnectionsPerSecond: variables.NEW_CONNECTIONS_PER_SECOND,
    ...(perClient !== undefined && { newConnectionsPerSecondPerClient: perClient }),
    settleSeconds: variables.SETTLE_SECONDS,
    logLevel: variables.LOG_LEVEL,
  };
}
