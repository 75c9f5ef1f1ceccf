import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { type Check, skip } from './check.ts';
import type { CommandContext, CommonOptions, Report } from './command.ts';
import { UsageError } from './errors.ts';
import { collect, printReport, report } from './report.ts';
import { checkWritable, reportFile, writeReport } from './report-files.ts';

/** How long `--watch` looks by default, in seconds. A first deploy's load balancer takes some minutes. */
const defaultTimeoutSeconds = 600;

/** Between the end of a look and the next. */
const pauseSeconds = 5;

/** Options of commands that look, may look again, and may write down what they saw. */
export interface LookOptions extends CommonOptions {
  readonly watch: boolean;
  readonly timeout?: string;
  readonly report: readonly string[];
}

/** What is looked at, once. */
export interface View<Context> {
  readonly checks: readonly Check<Context>[];
  readonly context: Context;
  /** Ends what was opened to look. */
  close?(): Promise<void>;
}

/** Adds `--watch`, `--timeout` and `--report` to a command line. */
export function withLookOptions(command: Command): Command {
  return command
    .option('--watch', 'repeat until every check passes', false)
    .option('--timeout <seconds>', `with --watch: give up after this (default: ${defaultTimeoutSeconds})`)
    .addOption(
      new Option('--report <format[=file]>', 'also write a report: html, json or junit; repeatable')
        .argParser((word: string, before: readonly string[]) => [...before, word])
        .default([], 'none'),
    );
}

/**
 * Runs the checks, prints the outcomes and writes the requested reports; with `--watch` until every check passes or the time is up.
 *
 * @param open makes a fresh view for each look
 * @param pause between two looks, in seconds
 * @returns the exit code: 0 no check failed, 1 a check failed
 * @throws {UsageError} for options that make no sense
 * @throws {CheckError} for a report that cannot be written, before the first look
 */
export async function look<Context>(
  command: string,
  open: () => View<Context>,
  options: LookOptions,
  surroundings: CommandContext,
  pause = pauseSeconds,
): Promise<number> {
  const timeoutSeconds = timeoutOf(options);
  const files = options.report.map((word) => reportFile(word, command, options, surroundings));
  for (const file of files) await checkWritable(file);
  const done = options.watch
    ? await watch(command, open, options, surroundings, { timeoutSeconds, pause })
    : await once(open, ({ checks, context }) => report(command, checks, context, options, surroundings));
  for (const file of files) await writeReport(file, done, surroundings);
  return done.ok ? 0 : 1;
}

function timeoutOf({ watch, timeout }: LookOptions): number {
  if (timeout === undefined) return defaultTimeoutSeconds;
  if (!watch) throw new UsageError('--timeout needs --watch');
  const seconds = Number(timeout);
  if (seconds >= 1 && seconds <= 86_400) return seconds;
  throw new UsageError(`--timeout ${timeout}: must be seconds from 1 to 86400`);
}

async function once<Context>(
  open: () => View<Context>,
  ask: (view: View<Context>) => Promise<Report>,
): Promise<Report> {
  const view = open();
  try {
    return await ask(view);
  } finally {
    await view.close?.().catch(() => {});
  }
}

/** Says on stderr what stands in the way, whenever that changes; prints the last look. */
async function watch<Context>(
  command: string,
  open: () => View<Context>,
  options: CommonOptions,
  surroundings: CommandContext,
  { timeoutSeconds, pause }: { timeoutSeconds: number; pause: number },
): Promise<Report> {
  const { stderr, signal } = surroundings;
  const begun = performance.now();
  const passed = () => (performance.now() - begun) / 1000;
  let said = '';
  for (;;) {
    let last: readonly Check<Context>[] = [];
    const seen = await once(open, async ({ checks, context }) => {
      last = checks;
      const quiet = checks.map((check) => (check.disturbs ? postponed(check) : check));
      const first = await collect(command, quiet, context, options, surroundings);
      if (!first.ok || !checks.some(({ disturbs }) => disturbs)) return first;
      return collect(command, checks, context, options, surroundings);
    });
    const done = { ...seen, seconds: passed() };
    if (done.ok || passed() + pause > timeoutSeconds) {
      if (!done.ok)
        stderr.write(`not well after ${passed().toFixed(0)} s, and --timeout is ${timeoutSeconds} s\n`);
      printReport(done, last, options, surroundings);
      return done;
    }
    const words = wordsOf(done);
    if (words !== said) stderr.write(`${passed().toFixed(0).padStart(4)} s  ${words}\n`);
    said = words;
    await sleep(pause * 1000, undefined, { signal });
  }
}

const postponed = ({ id, title }: Check<never>): Check<unknown> => ({
  ...{ id, title },
  run: () => skip('because it disturbs, and not all else is well yet'),
});

/** What stands in the way, in a line. */
function wordsOf({ checks }: Report): string {
  const failed = checks.filter(({ status }) => status === 'fail');
  const words = failed.map(({ title, seen }) => `${title}: ${seen.trim().split('\n', 1)[0]}`);
  return words.length === 0 ? 'nothing could be looked at' : `not yet: ${words.join('; ')}`;
}
