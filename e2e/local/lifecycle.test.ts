import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunState } from '@envoy-poc/cli/start';
import { expect, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { expectNothingLeft, npmStart, signalGroup, stateOnceUp } from './npm-start.ts';

const small = ['--client-replicas', '2', '--edge-replicas', '1', '--server-replicas', '2'];

/** npm passes on our exit code, or ends by the signal itself. */
const interrupted = [130, 'SIGINT'];

// Each run has addresses of its own, and waits most of the time.
test.concurrent('Ctrl-C ends everything', async (context) => {
  const run = await npmStart(context, [...small, '--for', '600']);
  const state = await stateOnceUp(run);
  signalGroup(run.process, 'SIGINT');
  expect(interrupted, run.output()).toContain(await run.ended);
  await expectNothingLeft(run, state);
});

test.concurrent('Ctrl-C while things are starting ends everything too', async (context) => {
  const run = await npmStart(context, [...small, '--for', '600']);
  await until(
    () => /^pods /m.test(run.output()),
    () => 'pods are up',
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

test.concurrent('when the tool itself is killed, nothing it started lives on', async (context) => {
  const run = await npmStart(context, [...small, '--for', '600']);
  const state = await stateOnceUp(run);
  signalGroup(run.process, 'SIGKILL');
  await run.ended;
  await expectNothingLeft(run, state);
});

test.concurrent('a dead child is named with its last lines, and the rest is stopped', async (context) => {
  const run = await npmStart(context, [
    ...small,
    '--for',
    '600',
    '--connections-per-client',
    '1',
    '--attempt-interval-seconds',
    '0.5',
  ]);
  const state = await stateOnceUp(run);
  await until(
    () => /open {5}client/.test(run.output()),
    () => 'somebody is connected',
  );
  process.kill(state.edges[0]?.pid ?? Number.NaN, 'SIGKILL');
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(
    new RegExp(`edge-1 \\(pid ${state.edges[0]?.pid}\\) was killed by SIGKILL; its last lines:\n +\\S`),
  );
  expect(run.output().split('was killed by')).toHaveLength(2);
  await expectNothingLeft(run, state);
});

test.concurrent('a port in use is named with its holder', async (context) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  context.onTestFinished(() => void holder.close());
  const { port } = holder.address() as AddressInfo;
  const run = await npmStart(context, ['--for', '5'], port);
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(
    new RegExp(`127\\.0\\.0\\.1:${port}, wanted for the console, is held by .*\\(pid ${process.pid}\\)`),
  );
});

test.concurrent('a report that cannot be written is refused before anything starts: exit 2', async (context) => {
  const run = await npmStart(context, ['--for', '5', '--report', 'package.json/r.json']);
  expect(await run.ended).toBe(2);
  expect(run.output()).toContain('--report package.json/r.json cannot be written (EEXIST)');
  expect(run.output()).not.toMatch(/^pods|\n +at /m);
});

test
  .skipIf(process.platform !== 'linux')
  .concurrent(
    'a report for which there is no room at the end costs no verdict, and is told in words: exit 1',
    async (context) => {
      const run = await npmStart(context, [...small, '--for', '1', '--report', '/dev/full']);
      expect(await run.ended).toBe(1);
      expect(run.output()).toMatch(
        /every refusal is immediate[\s\S]*--report \/dev\/full could not be written \(ENOSPC\)/,
      );
      expect(run.output()).not.toMatch(/\n +at /);
    },
  );

test.concurrent('Ctrl-C ends a run also when nobody reads what it prints', async (context) => {
  const words = [
    '--json',
    '--for',
    '600',
    '--attempt-interval-seconds',
    '0.01',
    '--new-connections-per-second',
    '1',
  ];
  const run = await npmStart(context, [...small, ...words]);
  const exited = once(run.process, 'exit');
  const state = await stateOnceUp(run);
  run.process.stdout?.pause();
  const refused = async () => {
    const response = await fetch(`${state.console}/api/state`);
    const { rate, full } = ((await response.json()) as RunState).refusals;
    return rate + full;
  };
  // A line each: far more than a pipe holds.
  await until(
    async () => (await refused()) > 1200,
    () => 'many were refused',
    100,
  );
  signalGroup(run.process, 'SIGINT');
  await expectNothingLeft(run, state);
  const first = await Promise.race([exited.then(() => 'ended'), sleep(15_000, 'still runs')]);
  run.process.stdout?.resume();
  expect(first).toBe('ended');
});

test.concurrent('--json prints one event a line', async (context) => {
  const run = await npmStart(context, [
    ...small,
    '--json',
    '--for',
    '12',
    '--connections-per-client',
    '1',
    '--attempt-interval-seconds',
    '0.5',
    '--message-interval-min-seconds',
    '0.2',
    '--message-interval-max-seconds',
    '0.2',
  ]);
  await run.ended;
  const lines = run
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const events = lines.map((line): string => JSON.parse(line).event);
  // What runs is said first, then what happens.
  expect(events.lastIndexOf('progress')).toBe(events.findIndex((event) => event !== 'progress') - 1);
  const kinds = new Set(events);
  for (const kind of ['progress', 'open', 'reply', 'state', 'report']) expect(kinds).toContain(kind);
});
