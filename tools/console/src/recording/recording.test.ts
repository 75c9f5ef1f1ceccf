import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@envoy-poc/env/listen';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { RunEvent, RunState } from '../events.ts';
import { startConsole } from '../server.ts';
import { recorderOf, recordingIn } from '../testing/recorded.ts';
import { after, setupOf, stateOf } from '../testing/run.ts';
import { eventful, hour, steady } from '../testing/scenes.ts';
import { reduce, startView } from '../view.ts';
import { eventsOf, type Told, tablesOf } from './columns.ts';
import { Recorder, recordingPage, writeRecording } from './recorder.ts';
import { Recording } from './recording.ts';

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const again = (told: readonly Told[]) => eventsOf(json(tablesOf(told)));

test('columns give back exactly what they were made of, whatever it is', () => {
  const event = fc.oneof(
    fc.dictionary(fc.string(), fc.jsonValue()),
    fc.record({
      at: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      ms: fc.oneof(
        fc.integer(),
        fc.double(),
        fc.integer().map((n) => n / 1000),
      ),
      text: fc.constantFrom('a', 'b', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00Z', '7'),
      nothing: fc.constant(undefined),
    }),
  );
  const told = fc.array(fc.record({ atMs: fc.nat(), event: event as fc.Arbitrary<never> }), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(told, (told) => {
      expect(again(told)).toEqual(json(told));
    }),
  );
});

test.each([steady(), eventful(), hour(setupOf(), 300)])(
  'columns of a run give back its events',
  ({ before }) => {
    const told = before.map((event, i) => ({ atMs: Date.parse(event.at) + i, event }));
    expect(again(told)).toEqual(told);
  },
);

test('at 1,000 random times the view and the state are those of the API at that time', async () => {
  const scene = eventful(setupOf(), 240);
  let last: RunState = stateOf(scene.setup, 0, []);
  const server = await startConsole({
    ...{ port: await freePort(), setup: scene.setup, state: () => last },
    log: async () => ({ why: [], lines: [] }),
  });
  onTestFinished(() => server.close());
  const viewOfApi = async () => {
    const abort = new AbortController();
    const { body } = await fetch(`${server.url}/api/events`, { signal: abort.signal });
    let text = '';
    for await (const chunk of (body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.endsWith('\n\n')) break;
    }
    abort.abort();
    return /^data: (.*)$/m.exec(text)?.[1] ?? '';
  };

  const began = Date.parse(scene.setup.startedAt);
  let now = began;
  const recorder = new Recorder(startView(scene.setup), { now: () => now });
  // Numbers that are the same every time.
  const times = fc.sample(fc.integer({ min: began - 100, max: began + 1000 * scene.seconds + 900 }), {
    ...{ numRuns: 1000, seed: 5 },
  });
  const delays = fc.sample(fc.integer({ min: 0, max: 800 }), { numRuns: scene.before.length, seed: 6 });
  const events = scene.before
    .map((event, i) => ({ event, toldMs: Date.parse(event.at) + (delays[i] ?? 0) }))
    .sort((a, b) => a.toldMs - b.toldMs);
  const seen: { ms: number; view: string; state: string }[] = [];
  for (const ms of times.sort((a, b) => a - b)) {
    for (let next = events[0]; next && next.toldMs <= ms; next = events[0]) {
      events.shift();
      now = next.toldMs;
      if (next.event.event === 'state') last = next.event;
      server.send(next.event);
      recorder.add(next.event);
    }
    const state = await (await fetch(`${server.url}/api/state`)).text();
    seen.push({ ms, view: await viewOfApi(), state });
  }
  expect(new Set(seen.map(({ view }) => view)).size).toBeGreaterThan(300);
  const recording = await Recording.read(recorder.text());
  // In any order, as somebody seeks.
  for (const { ms, view, state } of fc.sample(fc.shuffledSubarray(seen, { minLength: 1000 }), {
    numRuns: 1,
    seed: 7,
  })[0] ?? []) {
    const replayed = recording.viewAt(ms);
    if (JSON.stringify(replayed) !== view) expect(replayed, `${ms - began} ms`).toEqual(JSON.parse(view));
    if (replayed.state) expect(JSON.stringify(replayed.state)).toBe(state);
  }
});

test('what is told step by step comes to the same as to go there at once', async () => {
  const recording = await Recording.read(recorderOf(eventful()).text());
  let [view, at] = [recording.viewAt(recording.fromMs), recording.fromMs];
  for (const step of fc.sample(fc.integer({ min: 1, max: 30_000 }), { numRuns: 60, seed: 3 })) {
    view = reduce(view, recording.between(at, at + step));
    at += step;
    expect(view).toEqual(recording.viewAt(at));
  }
  expect(at).toBeGreaterThan(recording.toMs);
});

test('an hour of ten clients is a file of less than 1 MB', async ({ annotate }) => {
  const recorder = recorderOf(hour());
  const page = await recordingPage(recorder);
  await annotate(`${page.length} bytes, of which ${recorder.text().length} are the recording`);
  expect(page.length).toBeLessThan(1_000_000);
  const recording = await recordingIn(page);
  expect(recording.toMs - recording.fromMs).toBeGreaterThan(3_590_000);
  expect(recording.viewAt(recording.toMs).happened).toBeGreaterThan(6000);
});

test('times keep their milliseconds', async () => {
  const at = '2026-01-01T12:00:03.217Z';
  let now = Date.parse(at) + 6;
  const recorder = new Recorder(startView(setupOf()), { now: () => now });
  now += 1;
  recorder.add({ event: 'mark', at, what: 'pod-2 killed' });
  const recording = await Recording.read(recorder.text());
  expect(recording.viewAt(now - 1).marks).toEqual([]);
  expect(recording.viewAt(now).marks).toEqual([{ at, what: 'pod-2 killed' }]);
});

test('moments are what was done, and the first time that a promise broke', async () => {
  const { moments } = await Recording.read(recorderOf(eventful()).text());
  expect(moments.filter(({ broken }) => broken).map(({ what }) => what)).toEqual(['limit broke']);
  expect(moments[0]).toEqual({ atMs: Date.parse(after(37)), what: 'pod-1 killed', broken: false });
});

test('what is too much makes way, oldest first, and the rest is as it was', async () => {
  const scene = eventful(setupOf(), 2400);
  const whole = await Recording.read(recorderOf(scene).text());
  const late = await Recording.read(recorderOf(scene, 30_000).text());
  expect(late.fromMs).toBeGreaterThan(whole.fromMs);
  expect(late.startedMs).toBe(whole.startedMs);
  for (const ms of [late.fromMs, late.fromMs + 100_000, late.toMs]) {
    expect(late.viewAt(ms)).toEqual(whole.viewAt(ms));
  }
  expect(late.moments).toEqual(whole.moments.filter(({ atMs }) => atMs > late.fromMs));
});

test('a clock that is set back changes no order', async () => {
  let now = Date.parse(after(0));
  const recorder = new Recorder(startView(setupOf()), { now: () => now });
  const mark = (what: string): RunEvent => ({ event: 'mark', at: after(0), what });
  recorder.add(mark('first'));
  now -= 60_000;
  recorder.add(mark('second'));
  const recording = await Recording.read(recorder.text());
  expect(recording.viewAt(recording.toMs).marks.map(({ what }) => what)).toEqual(['first', 'second']);
});

test('a recording in which nothing happened is one too', async () => {
  const recording = await Recording.read(new Recorder(startView(setupOf())).text());
  expect(recording.viewAt(recording.toMs)).toEqual(json(startView(setupOf())));
});

test('a damaged recording is refused', async () => {
  await expect(Recording.read(recorderOf(steady()).text().slice(0, -400))).rejects.toThrow();
});

test('a file is replaced whole, and nothing is left beside it, also where it cannot be', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recording-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'run.html');
  await writeFile(file, 'earlier');
  await writeRecording(file, recorderOf(steady()));
  expect((await recordingIn(await readFile(file, 'utf8'))).toMs).toBe(Date.parse(after(75)));
  await expect(writeRecording(join(folder, 'none', 'run.html'), recorderOf(steady()))).rejects.toThrow(
    'ENOENT',
  );
  expect(await readdir(folder)).toEqual(['run.html']);
});
