import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from '@envoy-poc/edge';
import { expect, onTestFinished, test } from 'vitest';
import { RunLogs, readRunLogs } from './run-logs.ts';

const places = {
  pods: [{ address: '127.0.1.1', port: 8080 }],
  clients: [{ address: '127.0.3.1', port: 9104 }],
};

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'run-logs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return join(folder, 'logs');
}

test('lines of each process, limits of each edge and the names of addresses; the next run begins anew', async () => {
  const folder = await scratch();
  expect(await readRunLogs(folder)).toBeUndefined();
  const logs = await RunLogs.begin(folder, places);
  logs.line('edge-1', 'ä');
  logs.line('pod-1', 'b');
  logs.line('edge-1', 'c');
  const changed = { ...defaultLimits, newConnectionsPerSecond: 3 };
  const starts = [
    { edge: 'edge-1', atMs: 1, limits: defaultLimits },
    { edge: 'edge-1', atMs: 2, limits: changed },
    { edge: 'edge-1', atMs: 3, limits: undefined },
  ];
  for (const start of starts) logs.edgeStarted(start);
  expect(logs.limitsOf('edge-1', 1)).toBe(defaultLimits);
  const kept = await readRunLogs(folder);
  expect(kept?.edges).toEqual(starts);
  expect(kept?.names).toEqual({ '127.0.1.1:8080': 'pod-1', '127.0.3.1': 'client-1' });
  expect(kept?.lines.get('edge-1')?.filter(Boolean)).toEqual(['ä', 'c']);
  expect(kept?.lines.get('pod-1')?.filter(Boolean)).toEqual(['b']);
  logs.close();
  (await RunLogs.begin(folder, places)).close();
  expect((await readRunLogs(folder))?.lines.size).toBe(0);
});

test('a long run keeps its latest lines, in order', async () => {
  const folder = await scratch();
  const logs = await RunLogs.begin(folder, places, 1000);
  for (let n = 0; n < 2000; n++) logs.line('edge-1', String(n));
  logs.close();
  expect(await readdir(folder)).toHaveLength(3);
  const lines = (await readRunLogs(folder))?.lines.get('edge-1')?.filter(Boolean).map(Number) ?? [];
  expect(lines.length).toBeGreaterThan(200);
  expect(lines.length).toBeLessThan(500);
  expect(lines).toEqual(lines.map((_, i) => 2000 - lines.length + i));
});
