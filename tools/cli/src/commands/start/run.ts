import { mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEnvoy } from '@envoy-poc/envoy';
import { allAddresses } from './addresses.ts';
import { Control } from './control.ts';
import { DataPlane } from './data-plane.ts';
import { ChildError } from './errors.ts';
import type { RunEvent, RunState } from './events.ts';
import { Evidence } from './evidence.ts';
import { limitsOf, mostProcesses, type Options } from './options.ts';
import { clientTurns, edgeConfig, planOf } from './parts.ts';
import { checkFree } from './ports.ts';
import { startReaper } from './reaper.ts';
import { keepRecording } from './recording.ts';
import { RunLogs } from './run-logs.ts';
import { writeStateFile } from './state-file.ts';
import { startWatch, type Watch } from './watch.ts';

export interface RunOptions {
  options: Options;
  /** Folder for `state.json`, the edges' bootstraps and what all processes say. */
  folder: string;
  /** First two numbers of the loopback addresses. */
  network?: string | undefined;
  /** Told each event. */
  onEvent: (event: RunEvent) => void;
  /** Told a line about each step. */
  progress: (line: string) => void;
  /** Told at once when a child ended by itself or was not ready in time; `run` then stops the others and throws it. */
  onChildError: (error: ChildError) => void;
  /** Ends the run before its time. */
  signal: AbortSignal;
}

/** How a run went. */
export interface RunReport {
  startedAt: string;
  options: Options;
  envoy: { version: string; path: string };
  /** Whether it was ended before its time. */
  interrupted: boolean;
  /** The last state, with the verdicts. */
  state: RunState;
  /** File of the recording: that of `--record`, or one in the folder where a verdict does not hold. */
  recording?: string;
}

/**
 * Starts everything, watches it until its time is over or `signal` is aborted, and stops everything. However it
 * ends, no process and no state file is left; what the processes said is, until the next run.
 * @throws {EdgeConfigError | EnvoyNotFoundError | PortTakenError | ChildError}, and the signal's reason when that comes before
 * everything has started.
 */
export async function run(settings: RunOptions): Promise<RunReport> {
  const { options, folder, network, progress, signal } = settings;
  const plan = planOf(options, network);
  const console = { name: 'the console', at: { address: '127.0.0.1', port: options.port } };
  await checkFree([console, ...allAddresses(plan.places)]);
  const envoy = await findEnvoy({ progress, signal });
  progress(`envoy    ${envoy.version} (${envoy.source}: ${envoy.path})`);

  await mkdir(folder, { recursive: true });
  const stateFile = join(folder, 'state.json');
  const configs = Array.from({ length: mostProcesses.edgeReplicas }, (_, i) => edgeConfig(folder, i + 1));
  const files = [stateFile, ...configs];
  const brokenRun = join(folder, 'broken-run.html');
  await remove([...files, brokenRun]);
  const logs = await RunLogs.begin(join(folder, 'logs'), plan.places);
  const evidence = new Evidence({
    limitsOf: (edge, atMs) => logs.limitsOf(edge, atMs),
    nameOf: (address) => logs.nameOf(address),
  });
  const reaper = startReaper(files);
  /** Aborted before anything is stopped, so that nothing is started any more. */
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  const death = Promise.withResolvers<never>();
  // Whoever waits for a process hears of it as well.
  death.promise.catch(() => {});
  let watch: Watch | undefined;
  let control: Control | undefined;
  const plane = new DataPlane(plan, {
    ...{ envoy: envoy.path, folder, reaper, signal: over },
    phaseSeconds: clientTurns(limitsOf(options)),
    onStart({ group, name, limits }) {
      if (group === 'edges') logs.edgeStarted({ edge: name, atMs: Date.now(), limits });
    },
    onLine: (process, line) => {
      logs.line(process, line);
      evidence.line(process, line);
    },
    onEdgeLine: (edge, line, text) => {
      evidence.edgeLine(edge, line, text);
      watch?.edgeLine(line);
    },
    onEdgeEnd: (edge) => watch?.edgeEnded(edge),
    onClientLine: (client, line) => watch?.clientLine(client, line),
    onDeath: death.reject,
  });
  let recording: ReturnType<typeof keepRecording> | undefined;
  try {
    const startedAt = new Date().toISOString();
    await unlessAborted(signal, plane.startServing(progress));
    const { onEvent, begin } = heldBack(settings.onEvent);
    const act: Control['act'] = async (action) =>
      control ? control.act(action) : { refused: 'the run is still starting: try again in a moment' };
    watch = await startWatch({ plan, log: (requestId) => evidence.of(requestId), onEvent, act });
    const { url } = watch;
    await unlessAborted(signal, plane.startClients(progress));
    await writeStateFile(stateFile, url, plane);
    progress(`console  ${url}`);
    begin();
    control = new Control({
      ...{ plane, watch, network, signal: over, onFault: death.reject },
      async onChange() {
        await writeStateFile(stateFile, url, plane);
        logs.about(plane.plan.places);
      },
    });
    recording = keepRecording(watch.recorder, options.record, relative(process.cwd(), brokenRun));
    await untilOver(options.for, signal, death.promise);
    const state = await watch.finish();
    const { version, path } = envoy;
    const report = { startedAt, options, envoy: { version, path }, interrupted: signal.aborted, state };
    const recorded = await recording.finish(isWrong(report));
    return { ...report, ...(recorded !== undefined && { recording: recorded }) };
  } catch (error) {
    if (error instanceof ChildError) settings.onChildError(error);
    const recorded = await recording?.finish(true);
    if (recorded !== undefined) progress(`recorded ${recorded}`);
    throw error;
  } finally {
    ending.abort();
    await watch?.close();
    await plane.stop();
    await control?.idle();
    logs.close();
    await remove(files);
    reaper.release();
  }
}

/** What was not seen yet is wrong only in a run that had its time. */
function isWrong({ interrupted, state }: RunReport): boolean {
  return state.verdicts.some(({ status }) => status === 'broken' || (!interrupted && status === 'pending'));
}

/** Holds events back until `begin`: clients attempt as soon as they run, and what the run is comes first. */
function heldBack(tell: (event: RunEvent) => void) {
  let held: RunEvent[] | undefined = [];
  return {
    onEvent: (event: RunEvent) => void (held ? held.push(event) : tell(event)),
    begin() {
      for (const event of held ?? []) tell(event);
      held = undefined;
    },
  };
}

async function remove(files: readonly string[]): Promise<void> {
  await Promise.all(files.map((file) => rm(file, { force: true })));
}

/** Waits for `work`, or throws the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return Promise.race([work, aborted(signal).then(() => Promise.reject(signal.reason))]);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** @throws {ChildError} when a child ends first. */
async function untilOver(
  seconds: number | undefined,
  signal: AbortSignal,
  death: Promise<never>,
): Promise<void> {
  const timer = new AbortController();
  const over = seconds === undefined ? [] : [sleep(seconds * 1000, undefined, { signal: timer.signal })];
  try {
    await Promise.race([aborted(signal), ...over, death]);
  } finally {
    timer.abort();
  }
}
