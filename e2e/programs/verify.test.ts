import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { runVerify } from '@envoy-poc/cli/verify/testing';
import { recordingIn } from '@envoy-poc/console/testing';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../helpers/wait.ts';
import { npmStart, stateOnceUp } from '../local/npm-start.ts';

const root = join(import.meta.dirname, '../..');

test('verify --local finds a run of npm start well, and records it with its evidence', async (context) => {
  const words =
    '--server-replicas 2 --edge-replicas 1 --client-replicas 2 --connections-per-client 1 ' +
    '--new-connections-per-second 5 --attempt-interval-seconds 1 --message-interval-min-seconds 1 ' +
    '--message-interval-max-seconds 1 --concurrency 1 --for 300';
  const run = await npmStart(context, words.split(' '));
  await stateOnceUp(run);
  const env = { LOCAL_NETWORK: basename(dirname(run.stateFile)) };
  const folder = await mkdtemp(join(tmpdir(), 'verify-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'run.html');
  await eventually(async () => {
    const { code, stdout } = await runVerify(['--local', '--window', '10', '--record', file], root, env);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/✓ pass {2}a WebSocket from here .*reply of 127\.\d+\.1\.\d/);
  });
  const recording = await recordingIn(await readFile(file, 'utf8'));
  expect(recording.toMs - recording.fromMs).toBeGreaterThan(8000);
  // The check's own attempts among them.
  const opened = recording.between(recording.fromMs, recording.toMs).find(({ event }) => event === 'open');
  const { why, lines } = await recording.logOf((opened && 'requestId' in opened && opened.requestId) || '');
  expect(why).toEqual([expect.stringContaining('was admitted')]);
  expect(lines.map(({ from }) => from)).toContain('edge-1');
});
