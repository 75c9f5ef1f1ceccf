import { resolve } from 'node:path';
import { ProxyError, useProxies } from '@envoy-poc/proxy';
import { leaveColoursToTerminals } from './colours.ts';
import type { CommandContext } from './command.ts';

/** Runs a command in this process, as the user called it: the first interrupt stops its work, a second one the process. */
export async function runProcess(
  run: (argv: readonly string[], surroundings: CommandContext) => Promise<number>,
  argv: readonly string[],
): Promise<void> {
  leaveColoursToTerminals(process.env);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
  }
  const { stdout, stderr, env } = process;
  const root = resolve(import.meta.dirname, '../../../..');
  const code = await useProxies(env).then(
    () => run(argv, { root, env, signal: stop.signal, stdout, stderr }),
    (error) => {
      if (!(error instanceof ProxyError)) throw error;
      stderr.write(`${error.message}\n`);
      return 1;
    },
  );
  // Connections that are kept open for a next call must not hold the process.
  stdout.write('', () => process.exit(code));
}
