import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from '@envoy-poc/edge';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { evidenceIn } from './evidence.ts';
import { RunLogs } from './run-logs.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evidence-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

test('a refusal is explained, with every line about it and no other', async () => {
  const logs = await RunLogs.begin(folder, defaultLimits, { pods: [], clients: [] });
  onTestFinished(() => logs.close());
  const line = (requestId: string) =>
    JSON.stringify({
      ...{ time: '2026-01-01T00:00:00.000Z', type: 'DownstreamEnd', edge: 'edge-1', client: '127.0.3.1' },
      ...{ peer: '127.0.3.1:1', method: 'GET', path: '/', upgrade: 'websocket', code: 429, flags: 'UAEX' },
      ...{ details: 'ext_authz_denied', upstream: null, attempts: 0, duration_ms: 2, request_id: requestId },
      ...{ bytes_received: 0, bytes_sent: 0, route: 'upgrade' },
    });
  const ofClient = '{"event":"refused","requestId":"a","status":429}';
  logs.line('edge-1', line('a'));
  logs.line('edge-1', line('b'));
  logs.line('client-1', ofClient);
  const { why, lines } = await evidenceIn(folder)('a');
  expect(lines).toHaveLength(2);
  expect(lines).toContainEqual({ from: 'edge-1', line: line('a') });
  expect(lines).toContainEqual({ from: 'client-1', line: ofClient });
  expect(why).toEqual([expect.stringMatching(/^a was refused: 429, over the rate/)]);
});

test('of an unknown request, and where no log is, nothing is said', async () => {
  const nothing = { why: [], lines: [] };
  expect(await evidenceIn(join(folder, 'none'))('a')).toEqual(nothing);
  const logs = await RunLogs.begin(folder, defaultLimits, { pods: [], clients: [] });
  onTestFinished(() => logs.close());
  expect(await evidenceIn(folder)('a')).toEqual(nothing);
});
