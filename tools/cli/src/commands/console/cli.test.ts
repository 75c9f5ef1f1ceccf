import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { RequestLog } from '@envoy-poc/console';
import { recordingIn } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';
import { expect, onTestFinished, test } from 'vitest';
import { recordedSurroundings, runRecorded } from '#runtime/testing';
import { kubeconfigOf, neverAnswers } from '../verify/testing/kubernetes-api.ts';
import { fakeRun } from '../verify/testing/local-run.ts';
import { openConsole } from './cli.ts';
import { eventually, smallPlatform, upgrade } from './testing/fake-cluster.ts';

async function workspace(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'console-'));
  onTestFinished(() => rm(root, { recursive: true }));
  return root;
}

test('of a local run it says where the page is', async (context) => {
  const { root } = await fakeRun(context);
  const { code, stdout } = await runRecorded(openConsole, [], root);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^console {2}http:\/\/127\.0\.0\.1:\d+\n$/);
  const { stdout: json } = await runRecorded(openConsole, ['--json'], root);
  expect(`console  ${JSON.parse(json).console}\n`).toBe(stdout);
});

test('without a local run it says how there is one', async () => {
  const { code, stderr } = await runRecorded(openConsole, [], await workspace());
  expect(code).toBe(1);
  expect(stderr).toMatch(/no local run is up\n→ npm start/);
});

test.each([
  [['--stack', 's', '--kubeconfig', 'f'], /--stack and --kubeconfig exclude each other/],
  [['--context', 'c'], /--context and --namespace need --kubeconfig/],
  [['--stack', 's', '--namespace', 'n'], /--context and --namespace need --kubeconfig/],
  [['--kubeconfig', 'f', '--port', '0'], /--port 0: must be a whole number from 1 to 65535/],
  [['--kubeconfig', 'f', '--port', '6000'], /--port 6000: browsers open no page on this port/],
  [['--port', '7071'], /--port needs --stack or --kubeconfig/],
  [['--record', 'run.html'], /--record needs --stack or --kubeconfig; npm start -- --record/],
  [['--stack', 's', '--record', 'package.json/r.html'], /--record package\.json\/r\.html cannot be written/],
  [['dev'], /too many arguments/],
])('bad usage: %j', async (argv, message) => {
  const { code, stderr } = await runRecorded(openConsole, argv, await workspace());
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
});

test('a cluster is recorded until it is interrupted', async (context) => {
  const { cluster, edge } = await smallPlatform(context);
  cluster.log(edge, upgrade('old', {}, 600), 600);
  const root = await workspace();
  const [file, record] = [join(root, 'config'), join(root, 'deeper', 'run.html')];
  await writeFile(file, cluster.kubeconfig);
  const stop = new AbortController();
  const { surroundings, printed } = recordedSurroundings(root, { signal: stop.signal });
  const argv = ['--kubeconfig', file, '--port', String(await freePort()), '--record', record];
  const over = openConsole(argv, surroundings);
  const recording = async () => recordingIn(await readFile(record, 'utf8'));
  // Also who is killed leaves it.
  await expect.poll(() => recording().then(Boolean, () => false), eventually).toBe(true);
  cluster.log(edge, upgrade('fresh'));
  const url = `http://127.0.0.1:${argv[3]}`;
  const told = async () => (await (await fetch(`${url}/api/log?request=fresh`)).json()) as RequestLog;
  await expect.poll(async () => (await told()).lines.length, eventually).toBe(1);
  stop.abort();
  expect(await over).toBe(0);
  const { stdout, stderr } = await printed();
  expect(stdout).toBe(`console  ${url}\n`);
  expect(stderr).toBe(`recorded in ${record}: open it in a browser to replay the run\n`);
  const read = await recording();
  expect(read.viewAt(read.toMs).entries).toMatchObject([{ requestId: 'old' }, { requestId: 'fresh' }]);
  expect(await read.logOf('old')).toMatchObject({
    why: [expect.stringContaining('old was admitted')],
    lines: [{ from: 'edge-e' }],
  });
});

test('a cluster that never answers does not keep it from an interrupt', async () => {
  const { port, questions } = await neverAnswers();
  const root = await workspace();
  const file = join(root, 'config');
  await writeFile(file, kubeconfigOf(`http://127.0.0.1:${port}`));
  const stop = new AbortController();
  const { surroundings, printed } = recordedSurroundings(root, { signal: stop.signal });
  const over = openConsole(['--kubeconfig', file], surroundings);
  await expect.poll(questions, eventually).toBeGreaterThan(0);
  stop.abort();
  expect(await over).toBe(130);
  expect((await printed()).stderr).toBe('interrupted\n');
});

test('of a cluster it serves the page and prints events, until it is interrupted', async (context) => {
  const { cluster } = await smallPlatform(context);
  const root = await workspace();
  const file = join(root, 'config');
  await writeFile(file, cluster.kubeconfig);
  const stop = new AbortController();
  const { surroundings, printed } = recordedSurroundings(root, { signal: stop.signal });
  const stdout = new PassThrough();
  let text = '';
  stdout.on('data', (chunk) => {
    text += chunk;
  });
  const port = String(await freePort());
  const over = openConsole(['--kubeconfig', file, '--port', port, '--json'], { ...surroundings, stdout });
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await expect.poll(() => lines().map(({ event }) => event), eventually).toContain('state');
  expect(lines().slice(0, 2)).toMatchObject([
    { event: 'setup', setup: { place: 'namespace envoy-poc' } },
    { event: 'progress', line: `console  http://127.0.0.1:${port}` },
  ]);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('<title>');
  stop.abort();
  expect(await over).toBe(0);
  expect((await printed()).stderr).toBe('');
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});
