import { setTimeout as sleep } from 'node:timers/promises';
import { kubectl } from '@envoy-poc/layer/real-cluster';
import { describe, expect, test } from 'vitest';
import { deployments } from '../src/names.ts';
import { attemptGaps, type ClientLine, clientLogs, returns } from './clients.ts';
import { type Cluster, expectHealthy, namespace, settled } from './cluster.ts';
import { expectFull } from './servers.ts';
import type { Setting } from './setting.ts';

/** A client that waits this long for a reply says that it misses one: the default of ws-client. */
const REPLY_TIMEOUT_MS = 10_000;

/** Rolling restarts under the load of ten clients. */
export function rolling(setting: () => Setting): void {
  describe('rolling restart', () => {
    test('of the servers: every client is told (1001) and is back within its rate; no reply is lost or doubled', async () => {
      const { cluster } = setting();
      const lines = await restart(cluster, 'server');
      const closes = lines.flat().filter(({ event }) => event === 'close');
      expect(closes.length).toBeGreaterThanOrEqual(8);
      expect(closes.map(({ code }) => code)).toEqual(closes.map(() => 1001));
      expectPaced(lines);
      expectNoReplyLost(lines);
    });

    test('of the edges: every client is told (1001) and is back within its rate; no reply is lost or doubled', async () => {
      const { cluster } = setting();
      const lines = await restart(cluster, 'edge');
      const closes = lines.flat().filter(({ event }) => event === 'close');
      expect(closes.length).toBeGreaterThanOrEqual(8);
      expect(closes.map(({ code }) => code)).toEqual(closes.map(() => 1001));
      expectPaced(lines);
      expectNoReplyLost(lines);
      await expectHealthy(cluster);
    });
  });
}

/** Restarts a workload and gives what the clients log until all slots are filled again, by client. */
async function restart(cluster: Cluster, workload: 'server' | 'edge'): Promise<ClientLine[][]> {
  await expectFull(cluster, 4, 30);
  const before = await clientLogs(cluster);
  await kubectl(['-n', namespace, 'rollout', 'restart', `deployment/${deployments[workload]}`]);
  await settled(cluster, workload);
  await expectFull(cluster, 4, 30);
  await sleep(REPLY_TIMEOUT_MS + 1000);
  return (await clientLogs(cluster)).map((lines, i) => lines.slice(before[i]?.length ?? 0));
}

/** Clients that lost a connection try again, and never faster than they are told to: once in two seconds. */
function expectPaced(lines: readonly ClientLine[][]): void {
  const gaps = lines.flatMap(attemptGaps);
  expect(gaps.length).toBeGreaterThan(0);
  expect(Math.min(...gaps)).toBeGreaterThan(1900);
  for (const milliseconds of lines.flatMap(returns)) expect(milliseconds).toBeLessThan(10_000);
}

/** Of what a client asked on a connection that lived on, all was answered, and once. */
function expectNoReplyLost(lines: readonly ClientLine[][]): void {
  const events = lines.flat().map(({ event }) => event);
  expect(events.filter((event) => event === 'reply').length).toBeGreaterThan(0);
  expect(events.filter((event) => event === 'reply_missing' || event === 'reply_invalid')).toEqual([]);
}
