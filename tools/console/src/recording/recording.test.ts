import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@envoy-poc/env/listen';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunEvent, RunState } from '../events.ts';
import { startConsole } from '../server.ts';
import { loggedIn } from '../testing/logged.ts';
import { recorderOf, recordingIn } from '../testing/recorded.ts';
import { after, closed, opened, refused, replied, setupOf, stateOf } from '../testing/run.ts';
import { eventful, hour, type Scene, steady } from '../testing/scenes.ts';
import { reduce, startView } from '../view.ts';
import { eventsOf, eventTables, type Told } from './columns.ts';
import { logsOf, logTables } from './logs.ts';
import { Recorder, type RecorderOptions, recordingPage, writeRecording } from './recorder.ts';
import { Recording } from './recording.ts';

const json = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const again = (told: readonly Told[]) => eventsOf(json(eventTables(told)));

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
    log: () => ({ why: [], lines: [] }),
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
  const scene = hour();
  const [events, recorder] = [recorderOf(scene), recorderOf(scene, { log: loggedIn(scene.before) })];
  const page = await recordingPage(recorder);
  const [bytes, all] = [events.text().length, recorder.text().length];
  await annotate(`${page.length} bytes, of which ${bytes} are events and ${all - bytes} logs`);
  expect(page.length).toBeLessThan(1_000_000);
  const recording = await recordingIn(page);
  expect(recording.toMs - recording.fromMs).toBeGreaterThan(3_590_000);
  expect(recording.viewAt(recording.toMs).happened).toBeGreaterThan(6000);
});

test('logs give back exactly what they were made of, whatever it is', () => {
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom('', '{"a":"id"}', 'id 12 id', '{"a": 1}', '[1]'),
  );
  const log = fc.record({
    why: fc.array(text, { maxLength: 3 }),
    lines: fc.array(fc.record({ from: fc.string(), line: text }), { maxLength: 4 }),
  });
  const id = fc.oneof(fc.constantFrom('id', '1', 'a.b'), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(id, log), { maxLength: 4 }), (entries) => {
      const logs = new Map(entries);
      expect(logsOf(json(logTables(logs)))).toEqual(logs);
    }),
  );
});

test('what was logged of every attempt of an hour is there, and why it was answered so', async () => {
  const scene = hour();
  const log = loggedIn(scene.before);
  const recording = await Recording.read(recorderOf(scene, { log }).text());
  let [refusals, open] = [0, 0];
  for (const event of scene.before) {
    if (event.event === 'refused')
      expect(await recording.logOf(event.requestId)).toEqual(log(event.requestId));
    if (event.event === 'refused') refusals++;
    if (event.event === 'close') expect(await recording.logOf(event.requestId)).toEqual(log(event.requestId));
    if (event.event === 'close') open++;
  }
  expect(refusals).toBeGreaterThan(3000);
  expect(open).toBeGreaterThan(100);
});

test('lines that come after an event are there too: of a connection up to its end, or that of the recording', async () => {
  let now = Date.parse(after(0));
  const lines: Record<string, string[]> = {};
  const log = (id: string) => ({
    why: [`why ${id}`],
    lines: (lines[id] ?? []).map((line) => ({ from: 'edge-1', line })),
  });
  const recorder = new Recorder(startView(setupOf()), { now: () => now, log });
  const tell = (event: RunEvent) => {
    now = Date.parse(event.at);
    recorder.add(event);
  };
  const said = async (id: string) => {
    const recording = await Recording.read(recorder.text());
    return (await recording.logOf(id)).lines.map(({ line }) => line);
  };
  tell(opened(1, 1, 1, 1));
  lines['request-1'] = ['open'];
  expect(await said('request-1')).toEqual(['open']);
  // A part ends, and another one: nothing of this connection is told meanwhile.
  for (const second of [299, 600, 1000]) tell({ event: 'mark', at: after(second), what: 'something' });
  lines['request-1'].push('reply');
  expect(await said('request-1')).toEqual(['open']);
  tell(replied(1001, 1, 1, 2));
  expect(await said('request-1')).toEqual(['open', 'reply']);
  tell(closed(1002, 1, 1, 1));
  lines['request-1'].push('close');
  for (const second of [1300, 1700]) tell({ event: 'mark', at: after(second), what: 'something' });
  expect(await said('request-1')).toEqual(['open', 'reply', 'close']);
  // Just before a part ends: its lines are still to come.
  tell(refused(1702, 3, 1, 'full'));
  tell(refused(1999.5, 2, 1, 'full'));
  tell({ event: 'mark', at: after(2002.1), what: 'the next part' });
  lines['refused-2-1-1999.5'] = ['late'];
  expect(await said('refused-2-1-1999.5')).toEqual(['late']);
});

test('what was shown before it is recorded has its log too', async () => {
  const view = reduce(startView(setupOf()), [opened(1, 1, 1, 1), refused(2, 2, 1, 'full')]);
  const log = (id: string) => ({ why: [id], lines: [] });
  const recording = await Recording.read(new Recorder(view, { log }).text());
  expect((await recording.logOf('request-1')).why).toEqual(['request-1']);
  expect((await recording.logOf('refused-2-1-2')).why).toEqual(['refused-2-1-2']);
});

describe('storms', () => {
  /** So many refusals in each of some seconds. */
  function stormy(seconds: number, many: number): Scene {
    const setup = setupOf();
    const before = Array.from({ length: seconds * many }, (_, n): RunEvent => {
      const event = refused(1 + n / many, 1 + (n % 10), 1 + (n % 3), 'full') as RunEvent & {
        event: 'refused';
      };
      return { ...event, requestId: createHash('sha256').update(`${n}`).digest('hex').slice(0, 36) };
    });
    return { setup, before, next: [], seconds };
  }
  const read = async (scene: Scene, options?: RecorderOptions) => {
    const text = recorderOf(scene, { log: loggedIn(scene.before), ...options }).text();
    return { text, recording: await Recording.read(text) };
  };
  const idsOf = ({ before }: Scene) => before.map((event) => ('requestId' in event ? event.requestId : ''));

  test('every refusal of a storm of 2,000 has its log, in less than 0.2 MB', async ({ annotate }) => {
    const scene = stormy(2, 1000);
    const { text, recording } = await read(scene);
    await annotate(`${text.length} bytes`);
    expect(text.length).toBeLessThan(200_000);
    for (const id of idsOf(scene)) expect((await recording.logOf(id)).lines).toHaveLength(3);
  });

  test('where there are too many, the logs of the oldest make way, and what happened stays', async () => {
    const scene = stormy(100, 400);
    const [{ text: events }, { text, recording }] = [
      await read(scene, { log: () => undefined }),
      await read(scene, { mostBytes: 4_000_000 }),
    ];
    expect(text.length - events.length).toBeLessThan(1_000_000 + 700_000);
    const [first, last] = [idsOf(scene)[0] ?? '', idsOf(scene).at(-1) ?? ''];
    expect(await recording.logOf(first)).toEqual({ why: [], lines: [] });
    expect((await recording.logOf(last)).lines).toHaveLength(3);
    expect(recording.viewAt(recording.toMs).happened).toBe(40_000);
  });

  test('a request of which very much is logged takes no more room than there is', async () => {
    const scene = stormy(1, 100);
    const line = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    const log = () => ({ why: [], lines: [{ from: 'edge-1', line }] });
    const { recording } = await read(scene, { log });
    const kept = await Promise.all(idsOf(scene).map(async (id) => (await recording.logOf(id)).lines.length));
    expect(kept.filter((lines) => lines === 1).length).toBe(7);
  });
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
  const late = await Recording.read(recorderOf(scene, { mostBytes: 30_000 }).text());
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
