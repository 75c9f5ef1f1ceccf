import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recorder, startView } from '@envoy-poc/console';
import { recordingIn, setupOf } from '@envoy-poc/console/testing';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { keepRecording } from './recording.ts';

let folder: string;
let file: string;
let recorder: Recorder;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recording-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  file = join(folder, 'run.html');
  recorder = new Recorder(startView(setupOf()));
});

/** What was done, by the recording in a file; undefined: there is none. */
async function marksIn(place: string): Promise<string[] | undefined> {
  const html = await readFile(place, 'utf8').catch(() => undefined);
  return html === undefined ? undefined : (await recordingIn(html)).moments.map(({ what }) => what);
}

const mark = (what: string) => recorder.add({ event: 'mark', at: new Date().toISOString(), what });

test('the file is there at once, follows, and has the rest at the end', async () => {
  const kept = keepRecording(recorder, file, undefined, 20);
  await expect.poll(() => marksIn(file)).toEqual([]);
  mark('first');
  await expect.poll(() => marksIn(file)).toEqual(['first']);
  mark('last');
  expect(await kept.finish(false)).toBe(file);
  expect(await marksIn(file)).toEqual(['first', 'last']);
});

test('without a file, one is written only if the run went wrong', async () => {
  const well = keepRecording(recorder, undefined, file, 20);
  expect(await well.finish(false)).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
  mark('pod-2 killed');
  expect(await keepRecording(recorder, undefined, file).finish(true)).toBe(file);
  expect(await marksIn(file)).toEqual(['pod-2 killed']);
});

test('a file that cannot be written is told, and ends nothing', async () => {
  await writeFile(join(folder, 'blocked'), '');
  const within = join(folder, 'blocked', 'run.html');
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => said.mockRestore());
  expect(await keepRecording(recorder, within).finish(false)).toBeUndefined();
  expect(said).toHaveBeenCalledWith(expect.stringMatching(/run\.html could not be written \(ENOTDIR\)/));
});
