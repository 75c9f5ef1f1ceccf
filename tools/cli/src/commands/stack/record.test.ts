import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readRecord, writeRecord } from './record.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'record-'));
  onTestFinished(() => rm(root, { recursive: true }));
});

const run = (stack: string) =>
  ({ layer: 'network', stack, verb: 'deploy', ok: true, endedAt: 2000, seconds: 1 }) as const;

test('runs of two stacks are kept apart', async () => {
  await writeRecord(root, { ...run('dev'), changes: { created: 1 } });
  await writeRecord(root, run('staging'));
  expect(await readRecord(root, run('dev'), 0)).toEqual({ ...run('dev'), changes: { created: 1 } });
  expect(await readRecord(root, run('staging'), 0)).toEqual(run('staging'));
});

test('what ended before, or was never run, is not of this run', async () => {
  await writeRecord(root, run('dev'));
  expect(await readRecord(root, run('dev'), 2001)).toBeUndefined();
  expect(await readRecord(root, run('blue'), 0)).toBeUndefined();
});
