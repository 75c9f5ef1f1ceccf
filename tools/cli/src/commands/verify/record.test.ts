import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recording, recordingIn, setupOf, startConsole, stateOf } from '@envoy-poc/console/testing';
import { freePort } from '@envoy-poc/env/listen';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type RunRecording, recordRun } from './record.ts';
import { fakeRun } from './testing/local-run.ts';
import { runVerify } from './testing/run-verify.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function startRun() {
  const setup = setupOf();
  const server = await startConsole({
    ...{ port: await freePort(), setup, state: () => stateOf(setup, 0, []) },
    log: () => ({ why: [], lines: [] }),
  });
  onTestFinished(() => server.close());
  return { server, setup };
}

const mark = (what: string) => ({ event: 'mark', at: new Date().toISOString(), what }) as const;

/** What was done, as far as it is recorded: events come through a socket. */
const eventually = ({ recorder }: RunRecording) =>
  expect.poll(async () => (await Recording.read(recorder.text())).moments.map(({ what }) => what));

test('records what happens from then on, and what was known before', async () => {
  const { server, setup } = await startRun();
  server.send(mark('before'));
  server.send({ event: 'state', ...stateOf(setup, 5, [2, 1, 0, 0]) });
  const file = join(folder, 'run.html');
  const recording = await recordRun(server.url, file);
  server.send({ event: 'state', ...stateOf(setup, 6, [2, 2, 0, 0]) });
  server.send(mark('after'));
  await eventually(recording).toEqual(['after']);
  await recording.finish();
  const read = await recordingIn(await readFile(file, 'utf8'));
  expect(read.viewAt(read.fromMs - 1)).toMatchObject({ marks: [{ what: 'before' }], state: { seconds: 5 } });
  expect(read.viewAt(read.toMs)).toMatchObject({ state: { seconds: 6, slots: { open: 4 } } });
});

test('a run that ends is recorded up to its end', async () => {
  const { server } = await startRun();
  const file = join(folder, 'run.html');
  const recording = await recordRun(server.url, file);
  server.send(mark('last'));
  await server.close();
  await eventually(recording).toEqual(['last']);
  await recording.finish();
  expect((await recordingIn(await readFile(file, 'utf8'))).moments).toHaveLength(1);
});

test('where nobody answers, that is said', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  await expect(recordRun(url, join(folder, 'run.html'))).rejects.toThrow(`${url}/api/events does not answer`);
});

test('--record is refused for a cluster, and where no file can be', async (context) => {
  const { root } = await fakeRun(context);
  const cluster = await runVerify(['--record', 'run.html'], root);
  expect(cluster).toMatchObject({ code: 2, stderr: expect.stringContaining('--record needs --local') });
  await writeFile(join(folder, 'file'), '');
  const within = join(folder, 'file', 'run.html');
  const blocked = await runVerify(['--local', '--record', within], root);
  expect(blocked).toMatchObject({ code: 2, stderr: expect.stringContaining(`--record ${within} cannot be`) });
});
