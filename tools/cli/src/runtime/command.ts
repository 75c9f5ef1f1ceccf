import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { Command, CommanderError } from 'commander';
import type { CheckResult } from './check.ts';
import { CheckError, UsageError } from './errors.ts';
import { redactor } from './redact.ts';

/** What a run of a command has of its surroundings. */
export interface CommandContext {
  /** The workspace's folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Options that every command has. */
export interface CommonOptions {
  readonly stack: string;
  readonly json: boolean;
}

/** What a run of checks came to, as `--json` prints it. */
export interface Report {
  readonly command: string;
  /** The stack that was looked at, or what else was, such as `local`. */
  readonly stack: string;
  /** Whether all is well. */
  readonly ok: boolean;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly seconds: number;
  readonly checks: readonly CheckResult[];
}

/**
 * A command line with `--stack` and `--json`, whose errors are thrown.
 *
 * @param examples command lines, and what each is for
 */
export function commandOf(
  name: string,
  description: string,
  examples: Readonly<Record<string, string>> = {},
): Command {
  const width = Math.max(...Object.keys(examples).map(({ length }) => length));
  const lines = Object.entries(examples).map(([line, use]) => `  ${line.padEnd(width)}  ${use}\n`);
  return new Command(`envoy-poc ${name}`)
    .description(description)
    .option('--stack <name>', 'the stack (default: $STACK, or dev)')
    .option('--json', 'print the result as JSON', false)
    .allowExcessArguments(false)
    .exitOverride()
    .addHelpText(
      'after',
      `${lines.length > 0 ? `\nExamples:\n${lines.join('')}` : ''}\nExit: 0 success, 1 failure, 2 bad usage, 130 interrupted.`,
    );
}

/** How long work may go on after an interrupt, to leave nothing behind, in milliseconds. */
const LEAVE_MS = 10_000;

/** Rejects some time after an interrupt: what work waits for may never come. */
async function interrupted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  await sleep(LEAVE_MS, undefined, { ref: false });
  throw signal.reason;
}

/**
 * Reads a command line, does its work and gives the exit code.
 *
 * @param work gives 0 or 1; what it throws is explained
 */
export async function runCommand<Options extends CommonOptions>(
  command: Command,
  argv: readonly string[],
  surroundings: CommandContext,
  work: (options: Options) => Promise<number>,
): Promise<number> {
  const { stdout, stderr, env, signal } = surroundings;
  const redact = redactor(env);
  command.configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: () => {} });
  try {
    command.parse(argv, { from: 'user' });
    const stack = command.opts().stack ?? (env.STACK || 'dev');
    return await Promise.race([work({ ...command.opts(), stack }), interrupted(signal)]);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (signal.aborted) {
      stderr.write('interrupted\n');
      return 130;
    }
    if (error instanceof CommanderError || error instanceof UsageError) {
      const text = redact(error.message.replace(/^error: /, ''));
      stderr.write(`${command.name()}: ${text}\nSee ${command.name()} --help.\n`);
      return 2;
    }
    const text =
      error instanceof CheckError
        ? `${error.message}\n→ ${error.next}`
        : `this is a fault of the tool, not of what you did: ${inspect(error)}`;
    stderr.write(`${command.name()}: ${redact(text)}\n`);
    return 1;
  }
}
