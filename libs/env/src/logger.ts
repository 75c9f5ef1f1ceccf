import { type Logger, pino } from 'pino';
import { stdoutSink } from './log-sink.ts';
import type { LOG_LEVELS } from './variables.ts';

export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on stdout: ISO time, level by name, `fields` on each. What stdout does not take is dropped and counted. */
export function createLogger(level: LogLevel, fields: Record<string, unknown>): Logger {
  const options = {
    level,
    base: fields,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, stdoutSink());
}
