import { isIP } from 'node:net';
// `* as z`, here and in the apps: a bundle then holds only what is used of zod, a fourth of it.
import * as z from 'zod';

/** Longest duration a variable may hold: a day. Node's timers fire at once above 24.8 days. */
const MAX_SECONDS = 86_400;

/** Log levels of pino, from quiet to loud. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** A string that passes `test`; `expected` completes "expected …" in the fault. */
export function text(expected: string, test: (value: string) => boolean = () => true) {
  return z.string({ error: expected }).refine(test, { error: expected });
}

/** A whole number from `min` to `max`, both included. */
export function wholeNumber(min: number, max: number) {
  return text(
    `a whole number from ${min} to ${max}`,
    (value) => /^\d+$/.test(value) && Number(value) >= min && Number(value) <= max,
  ).transform(Number);
}

/** A duration in seconds, fractions allowed, from `min` to a day. */
export function seconds(min = 0.01) {
  return text(
    `seconds from ${min} to ${MAX_SECONDS}`,
    (value) => /^\d+(\.\d+)?$/.test(value) && Number(value) >= min && Number(value) <= MAX_SECONDS,
  ).transform(Number);
}

/** A TCP port; 0 takes any free one. */
export function port() {
  return wholeNumber(0, 65_535);
}

/** An IPv4 or IPv6 address. */
export function ipAddress() {
  return text('an IP address', (value) => isIP(value) !== 0);
}

/** One of {@link LOG_LEVELS}. */
export function logLevel() {
  return z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` });
}
