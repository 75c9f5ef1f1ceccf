import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '@envoy-poc/console';
import { Recording, recordingIn, setupOf, startConsole, stateOf } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Report } from '#runtime';
import { recordedSurroundings } from '#runtime/testing';
import { smallPlatform, upgrade } from '../console/testing/fake-cluster.ts';
import { recorded } from './record.ts';
import { fakeRun } from './testing/local-run.ts';
import { runVerify } from './testing/run-verify.ts';
import { type Watched, watchRun } from './watch-run.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function startRun() {
  const setup = setupOf();
  const server = await startConsole({
    ...{ port: await freePort(), setup, state: () => stateOf(setup, 0, []) },
    log: (id) => ({ why: [`why ${id}`], lines: [{ from: 'edge-1', line: `line of ${id}` }] }),
  });
  onTestFinished(() => server.close());
  return { server, setup };
}

const mark = (what: string) => ({ event: 'mark', at: new Date().toISOString(), what }) as const;
const open = (requestId: string): RunEvent => ({
  ...{ event: 'open', at: new Date().toISOString(), client: 'client-1', edge: 'edge-1', pod: 'pod-1' },
  ...{ attempts: 1, requestId },
});

const recordingOf = ({ recorder }: Watched) => Recording.read(recorder.text());

/** What was done, as far as it is recorded: events come through a socket. */
const eventually = (watched: Watched) =>
  expect.poll(async () => (await recordingOf(watched)).moments.map(({ what }) => what));

describe('a local run', () => {
  test('is recorded from then on, with what was known before, and with its logs', async () => {
    const { server, setup } = await startRun();
    server.send(mark('before'));
    server.send(open('earlier'));
    server.send({ event: 'state', ...stateOf(setup, 5, [2, 1, 0, 0]) });
    const watched = await watchRun(server.url);
    server.send({ event: 'state', ...stateOf(setup, 6, [2, 2, 0, 0]) });
    server.send(open('later'));
    server.send(mark('after'));
    await eventually(watched).toEqual(['after']);
    await watched.stop();
    const read = await recordingOf(watched);
    expect(read.viewAt(read.fromMs - 1)).toMatchObject({
      marks: [{ what: 'before' }],
      state: { seconds: 5 },
    });
    expect(read.viewAt(read.toMs)).toMatchObject({ state: { seconds: 6, slots: { open: 4 } } });
    for (const id of ['earlier', 'later']) {
      expect(await read.logOf(id)).toMatchObject({ why: [`why ${id}`], lines: [{ from: 'edge-1' }] });
    }
  });

  test('that ends is recorded up to its end, with the logs of all but its last seconds', async () => {
    const { server, setup } = await startRun();
    const watched = await watchRun(server.url);
    server.send(open('early'));
    const told = async () => {
      server.send({ event: 'state', ...stateOf(setup, 6, [1, 0, 0, 0]) });
      return (await (await recordingOf(watched)).logOf('early')).why;
    };
    await expect.poll(told, { timeout: 20_000, interval: 200 }).toEqual(['why early']);
    server.send(mark('last'));
    await server.close();
    await eventually(watched).toEqual(['last']);
    await watched.stop();
    expect((await recordingOf(watched)).moments).toHaveLength(1);
  });

  test('where nobody answers, that is said', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await expect(watchRun(url)).rejects.toThrow(`${url}/api/events does not answer`);
  });
});

test('--record is refused where no file can be', async (context) => {
  const { root } = await fakeRun(context);
  await writeFile(join(folder, 'file'), '');
  const within = join(folder, 'file', 'run.html');
  const blocked = await runVerify(['--local', '--record', within], root);
  expect(blocked).toMatchObject({ code: 2, stderr: expect.stringContaining(`--record ${within} cannot be`) });
});

describe('a cluster', () => {
  let platform: Awaited<ReturnType<typeof smallPlatform>>;
  let file: string;
  let argv: string[];
  beforeEach(async () => {
    platform = await smallPlatform({ onTestFinished });
    file = join(folder, 'deeper', 'run.html');
    const kubeconfig = join(folder, 'config');
    await writeFile(kubeconfig, platform.cluster.kubeconfig);
    argv = ['--kubeconfig', kubeconfig, '--window', '2', '--json'];
  });
  const checksOf = ({ stdout }: { stdout: string }) =>
    (JSON.parse(stdout) as Report).checks.map(({ id, status }) => `${id} ${status}`);

  test('is recorded for the window at least, with its logs', async () => {
    const { cluster, edge } = platform;
    cluster.log(edge, upgrade('old', {}, 600), 600);
    const over = runVerify([...argv, '--record', file], folder);
    await expect.poll(() => edge.followers.size, { timeout: 20_000 }).toBe(1);
    cluster.log(edge, upgrade('fresh'));
    const { stderr } = await over;
    expect(stderr).toContain(`recorded in ${file}: open it in a browser to replay the run\n`);
    const read = await recordingIn(await readFile(file, 'utf8'));
    expect(read.toMs - read.fromMs).toBeGreaterThan(900);
    expect(read.viewAt(read.toMs)).toMatchObject({
      setup: { place: 'namespace envoy-poc' },
      entries: [{ requestId: 'old' }, { requestId: 'fresh' }],
    });
    expect((await read.logOf('fresh')).lines).toHaveLength(1);
    await expect.poll(() => edge.followers.size, { timeout: 20_000 }).toBe(0);
  });

  test.each([
    [
      'rights are missing',
      () => platform.cluster.refused.add('get pods/log'),
      /^not recorded: http:\S+ does not let you get pods\/log in namespace envoy-poc; npx envoy-poc access .*\n$/,
    ],
    [
      'there are no pods',
      () => platform.cluster.pods.clear(),
      /^not recorded: there are no pods of the platform in namespace envoy-poc; npx nx run workloads:deploy.*\n$/,
    ],
  ])('where %s, a sentence says so, and the checks are the same', async (_, make, sentence) => {
    make();
    const without = await runVerify(argv, folder);
    const recorded = await runVerify([...argv, '--record', file], folder);
    expect(recorded.stderr).toMatch(sentence);
    expect(recorded.code).toBe(without.code);
    expect(checksOf(recorded)).toEqual(checksOf(without));
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });

  test('that does not answer holds the checks up for a few seconds only', async () => {
    const over = new AbortController();
    const hang = () =>
      new Promise<Watched>((resolve) => over.signal.addEventListener('abort', () => resolve));
    const { surroundings, printed } = recordedSurroundings(folder);
    const settings = { file, windowSeconds: 1, watch: hang, startMs: 50 };
    expect(await recorded(settings, async () => 7, surroundings)).toBe(7);
    expect((await printed()).stderr).toMatch(/^not recorded: .* has not answered for 0\.05 s/);
  });
});
