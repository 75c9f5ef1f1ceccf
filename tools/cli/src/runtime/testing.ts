import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext, Report } from './command.ts';

/** Surroundings that keep what is printed, for tests. */
export function recordedSurroundings(
  root: string,
  { env = {}, signal = new AbortController().signal }: Partial<CommandContext> = {},
) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  return {
    surroundings: { root, env, signal, stdout, stderr },
    /** What was printed; nothing more is after that. */
    printed: async () => ({ stdout: await text(stdout.end()), stderr: await text(stderr.end()) }),
  };
}

/** A command line, as `runProcess` takes it. */
export type CommandLine = (argv: readonly string[], surroundings: CommandContext) => Promise<number>;

/** What a command line came to. */
export interface Recorded {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process, for tests. */
export async function runRecorded(
  command: CommandLine,
  argv: readonly string[],
  root: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Recorded> {
  const { surroundings, printed } = recordedSurroundings(root, { env });
  const code = await command(argv, surroundings);
  return { code, ...(await printed()) };
}

/** What `--json` printed, by the ids of the checks: status with what was seen, and what is next. */
export function checksById({ code, stdout, stderr }: Recorded) {
  if (stdout === '') throw new Error(`no report but exit code ${code} and: ${stderr}`);
  const { ok, checks } = JSON.parse(stdout) as Report;
  return {
    ...{ code, ok },
    seen: Object.fromEntries(checks.map(({ id, status, seen }) => [id, `${status} ${seen}`])),
    next: Object.fromEntries(checks.map(({ id, next = '' }) => [id, next])),
  };
}
