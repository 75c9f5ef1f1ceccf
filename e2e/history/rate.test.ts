import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { breachesOf, kindsOf, slowestOf } from '../helpers/history.ts';
import { misplaced } from '../helpers/spacing.ts';
import { until } from '../helpers/wait.ts';
import { startPlane } from '../local/harness.ts';
import { GIVEN_UP_MS, Recorder } from './recorder.ts';

const edgeReplicas = 10;
const intervalMs = 1000;

/** An access log cuts the start and the duration to whole milliseconds. */
const LOG_MS = 2;

/**
 * `attempts` upgrades in `seconds` at ten edges of two workers each, of which one a second may pass. The time of each
 * admission is as its edge has it: between the start of the upgrade and the 101.
 */
async function admissions(admission: 'exact' | 'shared', attempts: number, seconds: number) {
  const plane = await startPlane({
    ...{
      serverReplicas: 2,
      connectionsPerPod: 1000,
      newConnectionsPerSecond: 1,
      edgeReplicas,
      concurrency: 2,
    },
    ...{ admission, pingIntervalSeconds: 600 },
  });
  const recorder = new Recorder(plane);
  // A picker counts its start as an admission.
  await sleep(intervalMs);
  const began = performance.now();
  const answers: Promise<unknown>[] = [];
  for (let n = 0; n < attempts; n++) {
    await sleep(Math.max(0, began + (n * seconds * 1000) / attempts - performance.now()));
    answers.push(recorder.attempt(n % edgeReplicas));
  }
  await Promise.all(answers);
  await until(
    () => plane.accessLog.length >= attempts,
    () => `${attempts} attempts are in the access logs: ${plane.accessLog.length}`,
  );
  const times = plane.accessLog
    .filter(({ upstream }) => upstream !== null)
    .map(({ time, duration_ms }) => ({ from: Date.parse(time), to: Date.parse(time) + duration_ms + LOG_MS }))
    .sort((a, b) => a.from - b.from);
  const tooClose = misplaced(times, intervalMs).map(({ group }) => group);
  const gaps = times.slice(1).map(({ to }, n) => to - (times[n]?.from ?? 0));
  const breaches = breachesOf(await recorder.history(1));
  return { times, tooClose, smallestGapMs: Math.min(...gaps), breaches };
}

test('10,000 attempts at ten edges: never two admissions within a second, and each that the rate allows is admitted', async ({
  annotate,
}) => {
  const { times, tooClose, smallestGapMs, breaches } = await admissions('exact', 10_000, 10);
  await annotate(`${times.length} admitted, smallest gap at most ${smallestGapMs} ms by the edges' clocks`);
  expect(tooClose).toEqual([]);
  expect(smallestGapMs).toBeGreaterThanOrEqual(intervalMs);
  expect(breaches).toEqual([]);
  expect(times.length).toBeGreaterThanOrEqual(9);
});

test('control: ten edges that each admit their share admit within a second of each other', async ({
  annotate,
}) => {
  const { times, tooClose, smallestGapMs } = await admissions('shared', 1000, 2);
  await annotate(`${times.length} admitted, smallest gap at most ${smallestGapMs} ms by the edges' clocks`);
  expect(tooClose.length).toBeGreaterThan(0);
  expect(smallestGapMs).toBeLessThan(intervalMs / 2);
});

const stormSize = 2000;

test(`storms of ${stormSize} upgrades at once, with the time that an edge gives a picker: the pods' limit holds, everybody is answered`, async ({
  annotate,
}) => {
  const plane = await startPlane({
    ...{ serverReplicas: 4, edgeReplicas: 3, newConnectionsPerSecond: 1, admission: 'exact' },
    ...{ pickerTimeout: 'real', pingIntervalSeconds: 600 },
  });
  const recorder = new Recorder(plane);
  for (let round = 1; round <= 3; round++) {
    await Promise.all(Array.from({ length: stormSize }, (_, n) => recorder.attempt(n % 3)));
  }
  const history = await recorder.history(1);
  const slowest = slowestOf(history);
  const kinds = kindsOf(history);
  await annotate(`slowest answer ${slowest.toFixed(0)} ms: ${JSON.stringify(kinds)}`);
  expect(breachesOf(history)).toEqual([]);
  expect(Math.max(...plane.pods.map(({ highWater }) => highWater))).toBeLessThanOrEqual(2);
  expect(slowest).toBeLessThan(GIVEN_UP_MS);
  expect(Object.keys(kinds).filter((kind) => kind.startsWith('other'))).toEqual([]);
});
