import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { RunEvent, RunState } from '@envoy-poc/cli/start';
import { freePort } from '@envoy-poc/env/listen';

const program = fileURLToPath(new URL('../../../tools/cli/bin/envoy-poc.mjs', import.meta.url));

/** `npx envoy-poc console` with `--json`, as a person starts it. */
export interface ConsoleProgram {
  readonly url: string;
  /** What it told so far. */
  readonly events: readonly RunEvent[];
  /** The last state that it told. */
  state(): RunState | undefined;
  /** Milliseconds from its start until it told something that is so; undefined: it has not yet. */
  after(is: (event: RunEvent) => boolean): number | undefined;
  /** Ctrl-C; gives the exit code. */
  interrupt(): Promise<number | null>;
  /** How it ended by itself. */
  readonly ended: Promise<{ code: number | null; stderr: string }>;
}

export async function startConsoleProgram(
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
  cwd = process.cwd(),
): Promise<ConsoleProgram> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, [program, 'console', ...words, '--port', String(port), '--json'], {
    env,
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stderr = text(child.stderr);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const events: RunEvent[] = [];
  const times: number[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const event = JSON.parse(line);
    if (event.event === 'progress') return;
    events.push(event);
    times.push(performance.now() - begun);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    events,
    state: () => events.findLast((event) => event.event === 'state'),
    after: (is) => times[events.findIndex(is)],
    async interrupt() {
      child.kill('SIGINT');
      return (await exit)[0];
    },
    ended: exit.then(async ([code]) => ({ code, stderr: await stderr })),
  };
}
