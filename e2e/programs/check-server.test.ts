import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { checkServer } from '@envoy-poc/cli/check-server';
import { checksById, runRecorded } from '@envoy-poc/cli/runtime/testing';
import { freePort } from '@envoy-poc/env/listen';
import { startServer } from '@envoy-poc/ws-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const broken = join(import.meta.dirname, 'broken-server.ts');
const real = join(root, 'apps/ws-server/src/main.ts');

/** Checks a server that is started by a command line. */
async function checked(script: string, env: NodeJS.ProcessEnv = {}) {
  const argv = ['--command', `'${process.execPath}' '${script}'`, '--json'];
  return checksById(await runRecorded(checkServer, argv, root, { PATH: process.env.PATH, ...env }));
}

const failedOf = (seen: Record<string, string>) =>
  Object.entries(seen)
    .filter(([, text]) => text.startsWith('fail'))
    .map(([id]) => id);

test('the server of this repository keeps to all of it', async () => {
  const { code, ok, seen } = await checked(real);
  expect(seen).toEqual(
    Object.fromEntries(Object.keys(seen).map((id) => [id, expect.stringMatching(/^pass /)])),
  );
  expect({ code, ok }).toEqual({ code: 0, ok: true });
});

describe.concurrent('a server of somebody else', () => {
  test('passes without what only this repository reads, and is told of that', async () => {
    const { code, seen } = await checked(broken);
    expect(failedOf(seen)).toEqual([]);
    expect(code).toBe(0);
    expect(seen).toMatchObject({
      metrics: expect.stringMatching(/^warn .*404/),
      replies: expect.stringMatching(/^warn no reply/),
      'refused-again': expect.stringMatching(/^warn the second 503/),
      'edge-drains': expect.stringMatching(/^warn still open/),
    });
  });

  test.each<[string, string[], string, RegExp]>([
    ['one too many', ['limit', 'storm'], 'limit', /connection 3 of 2 was let in with 101$/],
    [
      'closes after 101',
      ['limit', 'storm'],
      'limit',
      /connection 3 of 2 was let in with 101, then closed with 1013/,
    ],
    ['refuses with 429', ['limit', 'storm'], 'limit', /connection 3 of 2: answered 429, not 503/],
    ['counts late', ['storm'], 'storm', /of 11 at once 11 were let in/],
    ['not degraded', ['health-full'], 'health-full', /200 without x-envoy-degraded/],
    ['health 500', ['health-free', 'health-full'], 'health-free', /500 without/],
    ['keeps slots', ['freed-close'], 'freed-close', /a new one was not let in: answered 503/],
    ['no pings', ['pings'], 'pings', /no ping in 1\.5 s/],
    ['keeps the silent', ['pings'], 'pings', /that sent no pong is still there/],
    [
      'reports another limit',
      ['reports'],
      'reports',
      /^fail idle, it says .*"limit":3.*not port \d+, limit 2/,
    ],
    ['reports nothing taken', ['reports'], 'reports', /^fail with 1 of 2 open, it says .*"taken":0/],
    ['reports no request', ['reports'], 'reports', /^fail no report has "opened"/],
    ['reports changes only', ['reports'], 'reports', /^fail says nothing for 3 s/],
    ['reports until cut', ['reports'], 'reports', /^fail does not connect again/],
    ['reports nonsense', ['reports'], 'reports', /^fail a line is no report: free: .*not JSON/],
    ['reports no drain', ['drain'], 'drain', /^fail it drains, and its report/],
    ['healthy at the end', ['drain'], 'drain', /still 200 1 s after SIGTERM/],
    ['closes with 1000', ['drain'], 'drain', /closed with 1000, not 1001/],
    ['dies at once', ['drain'], 'drain', /closed with 1006, not 1001/],
  ])('%s', async (fault, failed, id, message) => {
    const { code, ok, seen, next } = await checked(broken, { FAULT: fault });
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(failedOf(seen)).toEqual(expect.arrayContaining(failed));
    expect(seen[id]).toMatch(message);
    expect(next[id]).toMatch(/docs\/your-own-server\.md#/);
  });
});

test('a server without reports passes, and is told of the admission that it needs', async () => {
  const { code, seen, next } = await checked(broken, { FAULT: 'no reports' });
  expect(seen.reports).toBe('warn does not connect to PICKERS');
  expect(next.reports).toMatch(/^set workloads:admission to shared/);
  expect({ code, failed: failedOf(seen) }).toEqual({ code: 0, failed: [] });
});

test('an address: what runs is left running', async () => {
  const server = await startServer({
    ...{ host: '127.0.0.1', port: 0, podIp: '127.0.0.1', logLevel: 'silent' },
    ...{ connectionsPerPod: 3, pingIntervalSeconds: 1 },
  });
  const argv = [`ws://127.0.0.1:${server.port}/ws`, '--connections', '3', '--ping-interval', '1', '--json'];
  const { code, seen } = checksById(await runRecorded(checkServer, argv, root));
  expect(failedOf(seen)).toEqual([]);
  expect(seen).toMatchObject({
    limit: expect.stringContaining('3 let in'),
    drain: expect.stringMatching(/^skip/),
    reports: expect.stringMatching(/^skip.*PICKERS/),
  });
  expect(code).toBe(0);
  expect(server.highWater).toBe(3);
  await server.close();
});

describe('an image', () => {
  let bin: string;
  beforeAll(async () => {
    bin = await mkdtemp(join(tmpdir(), 'check-server-'));
  });
  afterAll(() => rm(bin, { recursive: true }));

  async function engine(script: string): Promise<NodeJS.ProcessEnv> {
    await writeFile(join(bin, 'docker'), `#!/bin/sh\ncd '${bin}'\n${script}\n`);
    await chmod(join(bin, 'docker'), 0o755);
    return { PATH: `${bin}${delimiter}${process.env.PATH}` };
  }

  test('is run as the Deployment runs it, checked, told to end and removed', async () => {
    const port = await freePort();
    const env = await engine(`
echo "$@" >>calls
case $1 in
  run) while [ $# -gt 1 ]; do [ "$1" = --env ] && export "$2"; shift; done
       PORT=${port} '${process.execPath}' '${real}' >log 2>&1 & echo $! >pid; echo container ;;
  port) echo 127.0.0.1:${port} ;;
  kill) kill -TERM $(cat pid) ;;
  wait) while kill -0 $(cat pid) 2>/dev/null; do sleep 0.1; done ;;
  rm) kill -KILL $(cat pid) 2>/dev/null; exit 0 ;;
esac`);
    const run = await runRecorded(checkServer, ['my-server:1', '--json'], root, env);
    const { code, seen } = checksById(run);
    expect(failedOf(seen)).toEqual([]);
    expect(seen.drain).toMatch(/^pass .*1001/);
    expect(seen.reports).toMatch(/^skip/);
    expect(code).toBe(0);
    const calls = await readFile(join(bin, 'calls'), 'utf8');
    expect(calls).toMatch(
      /^run .*--user 1000:1000 --read-only --cap-drop ALL .*CONNECTIONS_PER_POD=2 .*my-server:1$/m,
    );
    expect(calls).toMatch(/^rm --force container$/m);
  });

  test('that cannot be run: the words of the engine', async () => {
    const env = await engine('[ "$1" = run ] && echo "no such image" >&2 && exit 125; exit 0');
    const run = await runRecorded(checkServer, ['my-server:1'], root, env);
    expect(run).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/no such image\n→ .*docker pull/),
    });
  });

  test('without a container engine: which were looked for, and the way without', async () => {
    const run = await runRecorded(checkServer, ['my-server:1'], root, { PATH: bin.replace(/.$/, '_') });
    expect(run).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no docker on PATH; no podman on PATH.*\n→ .*check-server ws:/),
    });
  });
});

test('a program that ends at once: its last words', async () => {
  const argv = ['--command', 'sh -c "echo port is missing >&2; exit 3"'];
  const run = await runRecorded(checkServer, argv, root, { PATH: process.env.PATH });
  expect(run).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/ended before it answered: port is missing/),
  });
});

test.each([
  [[], /name one server/],
  [['a', '--command', 'b'], /name one server/],
  [['wss://example.com'], /plain HTTP/],
  [['a', '--connections', '0'], /must be a whole number/],
  [['a', '--ping-interval', '60'], /at most 25/],
])('bad usage %j: exit 2', async (argv, message) => {
  const run = await runRecorded(checkServer, argv, root);
  expect(run).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
});
