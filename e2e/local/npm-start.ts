import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StateFile } from '@envoy-poc/cli/start';
import { freePort } from '@envoy-poc/env/listen';
import type { TestContext } from 'vitest';
import { recordingFile } from '../helpers/recordings.ts';
import { until } from '../helpers/wait.ts';
import { freeNetwork } from './harness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A run of `npm start`. */
export interface Run {
  process: ChildProcess;
  output: () => string;
  /** Exit code, or the signal's name. */
  ended: Promise<number | string>;
  stateFile: string;
  consolePort: number;
}

/** Runs `npm start -- ...args` beside other runs. */
export async function npmStart(
  { onTestFinished, task }: Pick<TestContext, 'onTestFinished' | 'task'>,
  args: string[],
  consolePort?: number,
): Promise<Run> {
  const network = freeNetwork();
  const port = consolePort ?? (await freePort());
  const child = spawn('npm', ['start', '--', '--port', String(port), ...args], {
    cwd: root,
    // Whoever runs the tests may force colours; what they check is plain.
    env: { ...process.env, LOCAL_NETWORK: network, FORCE_COLOR: undefined },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGTERM');
    await ended;
    const folder = join(root, '.local', network);
    if (task.result?.state === 'fail') await keepRecording(join(folder, 'broken-run.html'), task.name);
    await rm(folder, { recursive: true, force: true });
  });
  return {
    process: child,
    output: () => output,
    ended,
    stateFile: join(root, '.local', network, 'state.json'),
    consolePort: port,
  };
}

/** Keeps the recording of a run that went wrong, for whoever looks into the failed test. */
async function keepRecording(file: string, test: string): Promise<void> {
  const kept = await recordingFile(test);
  await copyFile(file, kept).then(
    () => console.error(`recorded in ${kept}: open it in a browser to replay the run`),
    // It did not go wrong as the run itself sees it.
    () => {},
  );
}

/** What a terminal does on Ctrl-C: the signal goes to the whole foreground group. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  process.kill(-(child.pid ?? Number.NaN), signal);
}

/** What `state.json` says once everything runs. */
export async function stateOnceUp(run: Run): Promise<StateFile> {
  const read = () => readFile(run.stateFile, 'utf8').catch(() => '');
  await until(
    async () => (await read()) !== '',
    () => `the run is up:\n${run.output()}`,
    100,
  );
  return JSON.parse(await read());
}

const pids = (state: StateFile) =>
  [...state.pickers, ...state.pods, ...state.edges, ...state.clients].map(({ pid }) => pid);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Waits until no process and no state file of a run is left. */
export async function expectNothingLeft(run: Run, state: StateFile): Promise<void> {
  await until(
    () => !pids(state).some(isAlive),
    () => `these still run: ${pids(state).filter(isAlive)}`,
  );
  const left = () =>
    access(run.stateFile).then(
      () => true,
      () => false,
    );
  await until(
    async () => !(await left()),
    () => 'the state file is gone',
  );
}
