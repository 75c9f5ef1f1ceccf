import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder } from '@envoy-poc/console';
import { CheckError, type CommandContext } from '#runtime';
import { type ClusterOptions, serveCluster } from '../console/cluster.ts';
import { keepRecording, recordedIn } from '../start/recording.ts';
import { prepareFile } from '../start/writable.ts';
import type { Watched } from './watch-run.ts';

export interface RecordOptions {
  /** Left out: nothing is recorded. */
  readonly file: string | undefined;
  /** How long is recorded at least. */
  readonly windowSeconds: number;
  /** Begins to watch, until the signal is aborted at the latest. @throws {CheckError} where that cannot be */
  readonly watch: (signal: AbortSignal) => Promise<Watched>;
  /** Longest wait for what is watched, in milliseconds. */
  readonly startMs?: number;
}

/** A stack's outputs are read first, which takes some seconds. */
const START_MS = 30_000;

/**
 * Does some work, and records what happens meanwhile. What cannot be recorded is said, and the work is done.
 *
 * @returns the exit code: that of the work, or 1 where it was 0 and the file could not be written
 * @throws {UsageError} before the work, when the file cannot be written
 */
export async function recorded(
  { file, windowSeconds, watch, startMs = START_MS }: RecordOptions,
  work: () => Promise<number>,
  { stderr, signal }: Pick<CommandContext, 'stderr' | 'signal'>,
): Promise<number> {
  if (file === undefined) return work();
  await prepareFile('--record', file);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const watched = await Promise.race([watch(either), tooLate(startMs, either)]).catch((error) => {
    stop.abort();
    if (!(error instanceof CheckError)) throw error;
    stderr.write(`not recorded: ${error.message}; ${error.next}\n`);
  });
  if (!watched) return work();
  const until = performance.now() + windowSeconds * 1000;
  const recording = keepRecording(watched.recorder, file);
  let place: string | undefined;
  let code = 0;
  try {
    code = await work();
    await sleep(Math.max(0, until - performance.now()), undefined, { signal }).catch(() => {});
  } finally {
    stop.abort();
    await watched.stop();
    place = await recording.finish(false);
    if (place !== undefined) stderr.write(`${recordedIn(place)}\n`);
  }
  return place === undefined ? code || 1 : code;
}

async function tooLate(ms: number, signal: AbortSignal): Promise<never> {
  await sleep(ms, undefined, { signal });
  throw new CheckError(`what is to be recorded has not answered for ${ms / 1000} s`, 'try again later');
}

/**
 * Watches a cluster as `console` does.
 *
 * @throws {CheckError} when it cannot be watched
 */
export async function watchCluster(
  place: Pick<ClusterOptions, 'kubernetes' | 'namespace' | 'place' | 'published'>,
  signal: AbortSignal,
): Promise<Watched> {
  const { promise, resolve } = Promise.withResolvers<Recorder>();
  // The checks tell what does not answer.
  const quiet = { onEvent: () => {}, progress: () => {} };
  const over = serveCluster({ ...place, ...quiet, port: 0, signal }, ({ recorder }) => resolve(recorder));
  const recorder = await Promise.race([promise, over.then(() => promise)]);
  const ended = over.catch(() => {});
  return { recorder, stop: () => ended };
}
