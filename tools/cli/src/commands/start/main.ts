import { join } from 'node:path';
import { EdgeConfigError } from '@envoy-poc/edge';
import { stdoutSink } from '@envoy-poc/env';
import { EnvoyNotFoundError } from '@envoy-poc/envoy';
import { UsageError } from '#runtime/errors';
import { ChildError, PortTakenError } from './errors.ts';
import type { RunEvent } from './events.ts';
import { networkFrom, type Options, parseOptions } from './options.ts';
import { eventLine, verdictLines } from './print.ts';
import { recordedIn } from './recording.ts';
import { type RunReport, run } from './run.ts';
import { prepareFile, prepareFolder, writeReport } from './writable.ts';

/** Between two lines about the slots. */
const slotsEverySeconds = 5;

/** Longest wait of an interrupted run for somebody to read its last lines, in milliseconds. */
const flushMs = 2000;

/** Runs `envoy-poc start` in this process. */
export async function main(argv: readonly string[]): Promise<void> {
  const stop = stopSignals();
  process.exitCode = await start(argv, stop);
  if (!stop.aborted) return;
  // A reader that does not read must not keep what was told to end.
  await stdoutSink().flush(flushMs);
  process.exit();
}

async function start(argv: readonly string[], stop: AbortSignal): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (!options) return 0;
    const network = networkFrom(process.env);
    const folder = join(process.cwd(), '.local', network ?? '');
    // Before the run, which may take long: what it leaves at the end has to find its place.
    if (options.report) await prepareFile('--report', options.report);
    if (options.record) await prepareFile('--record', options.record);
    await prepareFolder(folder);
    const report = await run({
      options,
      folder,
      network,
      onEvent: options.json ? printJson : printer(),
      progress: (line) => (options.json ? printJson({ event: 'progress', line }) : console.log(line)),
      onChildError: (error) => console.error(error.message),
      signal: stop,
    });
    if (options.json) printJson({ event: 'report', ...report });
    else {
      console.log(`\n${verdictLines(report.state.verdicts)}`);
      if (report.recording) console.log(`\n${recordedIn(report.recording)}`);
    }
    // After the words: a disk that is full by now takes only the file.
    if (options.report && !(await writeReport(options.report, report))) return 1;
    if (options.record && !report.recording) return 1;
    return exitCode(report, options);
  } catch (error) {
    if (stop.aborted && error === stop.reason) return 130;
    // A child's end was told when it happened.
    if (error instanceof ChildError) return 1;
    const isOneOf = (...kinds: (new (...args: never[]) => Error)[]) =>
      kinds.some((kind) => error instanceof kind);
    const badUsage = isOneOf(UsageError, EdgeConfigError);
    const expected = badUsage || isOneOf(EnvoyNotFoundError, PortTakenError);
    console.error(expected ? (error as Error).message : error);
    return badUsage ? 2 : 1;
  }
}

function exitCode(report: RunReport, options: Options): number {
  if (report.interrupted && options.for !== undefined) return 130;
  return report.state.verdicts.every(({ status }) => status === 'holds') ? 0 : 1;
}

/** Aborted by the first SIGINT, SIGTERM or SIGHUP; also when nobody reads our output any more. */
function stopSignals(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  return stop.signal;
}

function printJson(value: object): void {
  console.log(JSON.stringify(value));
}

/** Prints every event, but the state only now and then. */
function printer(): (event: RunEvent) => void {
  let next = 0;
  return (event) => {
    if (event.event === 'state') {
      if (event.seconds < next) return;
      next = event.seconds + slotsEverySeconds;
    }
    const line = eventLine(event);
    if (line !== undefined) console.log(line);
  };
}
