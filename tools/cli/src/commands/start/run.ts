import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEnvoy } from '@envoy-poc/envoy';
import { allAddresses, planAddresses } from './addresses.ts';
import { allChildren, type DataPlane, startClients, startServing, stopDataPlane } from './data-plane.ts';
import { ChildError } from './errors.ts';
import type { RunEvent, RunState } from './events.ts';
import { limitsOf, type Options } from './options.ts';
import { checkFree } from './ports.ts';
import { startReaper } from './reaper.ts';
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
}

/**
 * Starts everything, watches it until its time is over or `signal` is aborted, and stops everything. However it
 * ends, no process and no state file is left; what the processes said is, until the next run.
 * @throws {EdgeConfigError | EnvoyNotFoundError | PortTakenError | ChildError}, and the signal's reason when that comes before
 * everything has started.
 */
export async function run(settings: RunOptions): Promise<RunReport> {
  const { options, folder, progress, signal } = settings;
  const places = planAddresses({ ...options, ...(settings.network && { network: settings.network }) });
  const console = { name: 'the console', at: { address: '127.0.0.1', port: options.port } };
  await checkFree([console, ...allAddresses(places)]);
  const envoy = await findEnvoy({ progress, signal });
  progress(`envoy    ${envoy.version} (${envoy.source}: ${envoy.path})`);

  await mkdir(folder, { recursive: true });
  const stateFile = join(folder, 'state.json');
  const configs = places.edges.map((_, i) => join(folder, `edge-${i + 1}.json`));
  const files = [stateFile, ...configs];
  await remove(files);
  const logs = await RunLogs.begin(join(folder, 'logs'), limitsOf(options), places);
  const reaper = startReaper(files);
  const plane: DataPlane = { pods: [], edges: [], clients: [], pickers: [] };
  let watch: Watch | undefined;
  try {
    const how = {
      ...{ options, places, envoy: envoy.path, configs, reaper, progress, signal },
      onLine: (process: string, line: string) => logs.line(process, line),
      onEdgeLine: (line: string) => watch?.edgeLine(line),
      onClientLine: (client: string, line: string) => watch?.clientLine(client, line),
    };
    const startedAt = new Date().toISOString();
    await unlessAborted(signal, startServing(plane, how));
    const { onEvent, begin } = heldBack(settings.onEvent);
    watch = await startWatch(options, places, join(folder, 'logs'), onEvent);
    await unlessAborted(signal, startClients(plane, how));
    await writeStateFile(stateFile, watch.url, options, places, plane);
    progress(`console  ${watch.url}`);
    begin();
    await untilOver(options.for, signal, plane);
    const state = await watch.finish();
    const { version, path } = envoy;
    return { startedAt, options, envoy: { version, path }, interrupted: signal.aborted, state };
  } catch (error) {
    if (error instanceof ChildError) settings.onChildError(error);
    throw error;
  } finally {
    await watch?.close();
    await stopDataPlane(plane);
    logs.close();
    await remove(files);
    reaper.release();
  }
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
async function untilOver(seconds: number | undefined, signal: AbortSignal, plane: DataPlane): Promise<void> {
  const deaths = allChildren(plane).map(async (child) => {
    throw child.death(await child.ended);
  });
  const timer = new AbortController();
  const over = seconds === undefined ? [] : [sleep(seconds * 1000, undefined, { signal: timer.signal })];
  try {
    await Promise.race([aborted(signal), ...over, ...deaths]);
  } finally {
    timer.abort();
  }
}
