export { isForeignPage } from './callers.ts';
export { EnvError } from './errors.ts';
export { listen } from './listen.ts';
export { stdoutSink } from './log-sink.ts';
export { createLogger, type LogLevel } from './logger.ts';
export { parseEnv } from './parse-env.ts';
export { type Health, type MetricsSource, probes, sendText } from './probes.ts';
export { type RunningService, runService } from './run-service.ts';
export { ipAddress, logLevel, port, seconds, text, wholeNumber } from './variables.ts';
