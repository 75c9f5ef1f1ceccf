import { type Check, type CheckResult, isWell } from './check.ts';
import type { CommandContext, CommonOptions, Report } from './command.ts';
import { resultLine, startProgress, summaryLine } from './print.ts';
import { redactor } from './redact.ts';
import { runChecks } from './run-checks.ts';

/** Runs checks and prints them as a table, or as JSON; a line a check as soon as it is known. */
export async function report<Context>(
  command: string,
  checks: readonly Check<Context>[],
  context: Context,
  options: CommonOptions,
  surroundings: CommandContext,
): Promise<Report> {
  const { stdout } = surroundings;
  const print = linePrinter(checks, surroundings);
  const done = await collect(command, checks, context, options, surroundings, (result) => {
    if (!options.json) print(result);
  });
  if (options.json) stdout.write(jsonText(done));
  else stdout.write(`\n${summaryLine(done.checks, done.seconds)}\n`);
  return done;
}

/** Prints what a run of checks came to, all at once. */
export function printReport(
  done: Report,
  checks: readonly Pick<Check<never>, 'title'>[],
  { json }: CommonOptions,
  surroundings: CommandContext,
): void {
  const { stdout } = surroundings;
  if (json) {
    stdout.write(jsonText(done));
    return;
  }
  done.checks.forEach(linePrinter(checks, surroundings));
  stdout.write(`\n${summaryLine(done.checks, done.seconds)}\n`);
}

/** Runs checks and says on stderr what takes long; prints nothing else. */
export async function collect<Context>(
  command: string,
  checks: readonly Check<Context>[],
  context: Context,
  { stack }: CommonOptions,
  { stderr, env, signal }: CommandContext,
  onResult: (result: CheckResult) => void = () => {},
): Promise<Report> {
  const begun = performance.now();
  const progress = startProgress(stderr);
  try {
    const results = await runChecks(checks, context, {
      signal,
      redact: redactor(env),
      onRunning: progress.running,
      onResult: (result) => {
        progress.clear();
        onResult(result);
      },
    });
    const seconds = (performance.now() - begun) / 1000;
    const at = new Date().toISOString();
    return { command, stack, ok: isWell(results), at, seconds, checks: results };
  } finally {
    progress.stop();
  }
}

/** A report as `--json` prints it and `--report json` writes it. */
export const jsonText = (done: Report): string => `${JSON.stringify(done, null, 2)}\n`;

function linePrinter(
  checks: readonly Pick<Check<never>, 'title'>[],
  { stdout }: CommandContext,
): (result: CheckResult) => void {
  const width = Math.max(...checks.map(({ title }) => title.length));
  return (result) => void stdout.write(`${resultLine(result, width, stdout)}\n`);
}
