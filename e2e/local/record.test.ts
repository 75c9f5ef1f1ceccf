import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordingIn } from '@envoy-poc/console/testing';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { npmStart, type Run, signalGroup, stateOnceUp } from './npm-start.ts';

const small = ['--client-replicas', '2', '--edge-replicas', '1', '--server-replicas', '2'];

async function fileToRecord(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'deeper', 'run.html');
}

const read = async (file: string) => recordingIn(await readFile(file, 'utf8'));

/** What the console tells who comes now, and between which two times it did. */
async function viewNow(console: string): Promise<{ from: number; to: number; view: string }> {
  const from = Date.now();
  const abort = new AbortController();
  const response = await fetch(`${console}/api/events`, { signal: abort.signal });
  let text = '';
  for await (const chunk of (response.body as ReadableStream).pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('\n\n')) break;
  }
  const to = Date.now();
  abort.abort();
  return { from, to, view: /^data: (.*)$/m.exec(text)?.[1] ?? '' };
}

test('the recording of a run shows at any time what the console showed then', async (context) => {
  const file = await fileToRecord();
  const run = await npmStart(context, [
    ...[...small, '--for', '12', '--record', file, '--attempt-interval-seconds', '0.5'],
    ...['--message-interval-min-seconds', '0.2', '--message-interval-max-seconds', '0.4'],
  ]);
  const { console } = await stateOnceUp(run);
  // Kept up to date from the start: a run that is killed leaves it.
  await until(
    () => read(file).then(Boolean, () => false),
    () => `${file} is there`,
  );
  const seen: Awaited<ReturnType<typeof viewNow>>[] = [];
  for (let look = 0; look < 60; look++) {
    await sleep(100 * Math.random());
    seen.push(await viewNow(console));
  }
  await run.ended;
  expect(run.output()).toContain(`recorded in ${file}: open it in a browser to replay the run`);
  const recording = await read(file);
  expect(new Set(seen.map(({ view }) => view)).size).toBeGreaterThan(20);
  for (const { from, to, view } of seen) {
    const times = Array.from({ length: to - from + 1 }, (_, i) => from + i);
    const same = times.some((ms) => JSON.stringify(recording.viewAt(ms)) === view);
    if (!same) expect(recording.viewAt(to)).toEqual(JSON.parse(view));
  }
  // Every attempt is explained, by lines of the edge and of the picker or the pod.
  const attempts = recording.between(recording.fromMs, recording.toMs).flatMap((event) => {
    return event.event === 'open' || event.event === 'refused' ? [event] : [];
  });
  expect(attempts.length).toBeGreaterThan(10);
  for (const { requestId, edge } of attempts) {
    const { why, lines } = await recording.logOf(requestId);
    expect(why).toEqual([expect.stringContaining(`${requestId} was`)]);
    expect(lines.map(({ from }) => from)).toEqual(expect.arrayContaining([edge]));
    expect(lines.length).toBeGreaterThan(1);
  }
  // The last state is that of the verdicts.
  expect(recording.viewAt(recording.toMs).state?.seconds).toBeGreaterThanOrEqual(12);
});

test('Ctrl-C, and the end of a process, leave the whole recording', async (context) => {
  const endings: ((run: Run, edge: number) => void)[] = [
    ({ process }) => signalGroup(process, 'SIGINT'),
    (_, edge) => process.kill(edge, 'SIGKILL'),
  ];
  for (const end of endings) {
    const file = await fileToRecord();
    const run = await npmStart(context, [...small, '--for', '600', '--record', file]);
    const { edges } = await stateOnceUp(run);
    await until(
      () => (run.output().match(/slots {4}/g) ?? []).length > 0,
      () => `something was seen:\n${run.output()}`,
    );
    end(run, edges[0]?.pid ?? Number.NaN);
    await run.ended;
    const recording = await read(file);
    expect(recording.viewAt(recording.toMs).state?.pods).toHaveLength(2);
  }
});

test('a run that goes wrong leaves a recording, and says where', async (context) => {
  const run = await npmStart(context, [...small, '--for', '2']);
  expect(await run.ended).toBe(1);
  const file = join(dirname(run.stateFile), 'broken-run.html');
  const named = /recorded in (\S+):/.exec(run.output())?.[1] ?? '';
  expect(file.endsWith(named)).toBe(true);
  const recording = await read(file);
  const { state } = recording.viewAt(recording.toMs);
  expect(state?.verdicts.some(({ status }) => status !== 'holds')).toBe(true);
});

test('a recording that cannot be written is refused before anything starts: exit 2', async (context) => {
  const run = await npmStart(context, ['--for', '5', '--record', 'package.json/r.html']);
  expect(await run.ended).toBe(2);
  expect(run.output()).toContain('--record package.json/r.html cannot be written (EEXIST)');
  expect(run.output()).not.toMatch(/^pods|\n +at /m);
});
