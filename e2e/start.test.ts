import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report, RunState, StateFile } from '@envoy-poc/local';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freeNetwork, until } from './harness.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Run {
  process: ChildProcess;
  output: () => string;
  /** Exit code, or the signal's name. */
  ended: Promise<number | string>;
  stateFile: string;
  consolePort: number;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Runs `npm start -- ...args` beside other runs. */
async function npmStart(args: string[], consolePort?: number): Promise<Run> {
  const network = freeNetwork();
  const port = consolePort ?? (await freePort());
  const child = spawn('npm', ['start', '--', '--port', String(port), ...args], {
    cwd: root,
    env: { ...process.env, LOCAL_NETWORK: network },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, 'SIGTERM');
    await ended;
    await rm(join(root, '.local', network), { recursive: true, force: true });
  });
  return {
    process: child,
    output: () => output,
    ended,
    stateFile: join(root, '.local', network, 'state.json'),
    consolePort: port,
  };
}

/** What a terminal does on Ctrl-C: the signal goes to the whole foreground group. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  process.kill(-(child.pid ?? Number.NaN), signal);
}

async function stateOnceUp(run: Run): Promise<StateFile> {
  const read = () => readFile(run.stateFile, 'utf8').catch(() => '');
  await until(
    async () => (await read()) !== '',
    () => `the run is up:\n${run.output()}`,
    60,
  );
  return JSON.parse(await read());
}

const pids = (state: StateFile) => [...state.pods, ...state.edges, ...state.clients].map(({ pid }) => pid);

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function expectNothingLeft(run: Run, state: StateFile): Promise<void> {
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

describe.each([
  { args: [] as string[], pods: 4, limit: 2, edges: 3 },
  { args: ['--pods', '5', '--limit', '3', '--edges', '2', '--rate', '2'], pods: 5, limit: 3, edges: 2 },
])('npm start -- --for 40 $args', ({ args, pods, limit, edges }) => {
  test('all verdicts hold, and the report says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'report-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'r.json');
    const run = await npmStart(['--for', '40', '--report', file, ...args]);
    const state = await stateOnceUp(run);
    expect(state.pods).toHaveLength(pods);
    expect(state.edges).toHaveLength(edges);
    expect(state.clients).toHaveLength(10);

    const live = (await (await fetch(`${state.console}/api/state`)).json()) as RunState;
    expect(live.slots.capacity).toBe(pods * limit);
    expect(await firstEvents(`${state.console}/api/events`)).toMatch(
      /^event: (state|open|refused)\ndata: \{/,
    );
    await expectServedOrRefused(`ws://${state.edges[0]?.ingress}/any/path`);

    expect(await run.ended, run.output()).toBe(0);
    const report: Report = JSON.parse(await readFile(file, 'utf8'));
    expect(report.state.verdicts.map(({ name, status }) => `${name} ${status}`)).toEqual(
      ['limit', 'rate', 'slots', 'replies', 'refusals', 'logs'].map((name) => `${name} holds`),
    );
    expect(report.state.pods.map(({ highWater }) => highWater)).toEqual(Array(pods).fill(limit));
    expect(run.output()).toMatch(/open {5}client-\d+ → edge-\d → pod-\d/);
    expect(run.output()).not.toContain('\u001b[');
    await expectNothingLeft(run, state);
  });
});

/** A client that is not ours: the WebSocket of Node itself. */
async function expectServedOrRefused(url: string): Promise<void> {
  const socket = new WebSocket(url);
  const outcome = await new Promise<string>((resolve) => {
    socket.onopen = () => socket.send('hello');
    socket.onmessage = (message) => resolve(String(message.data));
    socket.onerror = () => resolve('refused');
  });
  socket.close();
  if (outcome !== 'refused') {
    expect(JSON.parse(outcome)).toEqual({ timestamp: expect.any(String), podIp: expect.any(String) });
  }
}

async function firstEvents(url: string): Promise<string> {
  const response = await fetch(url);
  const reader = response.body?.getReader();
  const chunk = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(chunk?.value);
}

const small = ['--clients', '2', '--edges', '1', '--pods', '2'];

/** npm passes on our exit code, or ends by the signal itself. */
const interrupted = [130, 'SIGINT'];

test('Ctrl-C ends everything', async () => {
  const run = await npmStart([...small, '--for', '600']);
  const state = await stateOnceUp(run);
  signalGroup(run.process, 'SIGINT');
  expect(interrupted, run.output()).toContain(await run.ended);
  await expectNothingLeft(run, state);
});

test('Ctrl-C while things are starting ends everything too', async () => {
  const run = await npmStart([...small, '--for', '600']);
  await until(
    () => /^pods /m.test(run.output()),
    () => 'pods are up',
    60,
  );
  signalGroup(run.process, 'SIGINT');
  expect(interrupted, run.output()).toContain(await run.ended);
  const network = run.stateFile.split('/').at(-2);
  await until(
    async () => !(await listeners(network)),
    () => `something of ${network} still listens`,
  );
});

/** Whether anybody listens on the first pod's or edge's address. */
async function listeners(network = ''): Promise<boolean> {
  const urls = [`http://${network}.1.1:8080/healthz`, `http://${network}.2.1:9901/ready`];
  const up = await Promise.all(
    urls.map((url) =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    ),
  );
  return up.includes(true);
}

test('when the tool itself is killed, nothing it started lives on', async () => {
  const run = await npmStart([...small, '--for', '600']);
  const state = await stateOnceUp(run);
  signalGroup(run.process, 'SIGKILL');
  await run.ended;
  await expectNothingLeft(run, state);
});

test('a dead child is named with its last lines, and the rest is stopped', async () => {
  const run = await npmStart([...small, '--for', '600', '--connections', '1', '--attempt-interval', '0.5']);
  const state = await stateOnceUp(run);
  await until(
    () => run.output().includes(' open '),
    () => 'somebody is connected',
  );
  process.kill(state.edges[0]?.pid ?? Number.NaN, 'SIGKILL');
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(
    new RegExp(`edge-1 \\(pid ${state.edges[0]?.pid}\\) was killed by SIGKILL; its last lines:\n +\\S`),
  );
  await expectNothingLeft(run, state);
});

test('a port in use is named with its holder', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  onTestFinished(() => void holder.close());
  const { port } = holder.address() as AddressInfo;
  const run = await npmStart(['--for', '5'], port);
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(
    new RegExp(`127\\.0\\.0\\.1:${port}, wanted for the console, is held by .*\\(pid ${process.pid}\\)`),
  );
});

test('--json prints one event a line', async () => {
  const run = await npmStart([
    ...small,
    '--json',
    '--for',
    '4',
    '--connections',
    '1',
    '--attempt-interval',
    '0.5',
    '--message-interval',
    '0.2',
  ]);
  await run.ended;
  const lines = run
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const kinds = new Set(lines.map((line) => JSON.parse(line).event));
  for (const kind of ['progress', 'open', 'reply', 'state', 'report']) expect(kinds).toContain(kind);
});
