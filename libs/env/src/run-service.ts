import { EnvError, ListenError } from './errors.ts';
import { stdoutSink } from './log-sink.ts';

/** What a service offers once it runs. */
export interface RunningService {
  /** Ends in an orderly way. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/**
 * Runs a service as a process: configuration from the environment, SIGTERM or SIGINT drains it, a second signal ends it
 * at once. Exit codes: 0 ended by a signal, 1 cannot run, 2 bad environment (all faults on stderr).
 */
export function runService<Config>(
  configFromEnv: (env: NodeJS.ProcessEnv) => Config,
  start: (config: Config) => Promise<RunningService>,
): void {
  main(configFromEnv, start).then(
    () => exit(0),
    (error: unknown) => {
      const expected = error instanceof EnvError || error instanceof ListenError;
      console.error(expected ? error.message : error);
      return exit(error instanceof EnvError ? 2 : 1);
    },
  );
}

/** Longest wait for somebody to read the last lines. */
const FLUSH_MS = 1000;

async function exit(code: number): Promise<void> {
  await stdoutSink().flush(FLUSH_MS);
  process.exit(code);
}

async function main<Config>(
  configFromEnv: (env: NodeJS.ProcessEnv) => Config,
  start: (config: Config) => Promise<RunningService>,
): Promise<void> {
  const config = configFromEnv(process.env);
  const signals = signalQueue();
  const service = await start(config);
  await signals.next();
  await Promise.race([service.drain(), signals.next().then(() => service.close())]);
}

/** SIGTERM and SIGINT in order of arrival; those that come before anybody waits are kept. */
function signalQueue(): { next(): Promise<void> } {
  let pending = 0;
  const waiting: (() => void)[] = [];
  const arrived = () => {
    const resolve = waiting.shift();
    if (resolve) resolve();
    else pending++;
  };
  process.on('SIGTERM', arrived);
  process.on('SIGINT', arrived);
  return {
    next: () =>
      new Promise((resolve) => {
        if (pending > 0) {
          pending--;
          resolve();
        } else waiting.push(resolve);
      }),
  };
}
