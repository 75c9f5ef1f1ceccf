import { type Logger, pino } from 'pino';
import type { LOG_LEVELS } from './variables.ts';

export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on stdout: ISO time, level by name, `fields` on each. */
export function createLogger(level: LogLevel, fields: Record<string, unknown>): Logger {
  return pino({
    level,
    base: fields,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
