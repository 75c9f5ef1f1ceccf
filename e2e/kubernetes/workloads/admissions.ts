import { setTimeout as sleep } from 'node:timers/promises';
import { isWebSocket } from '@envoy-poc/cli/start';
import type { AccessLogLine } from '@envoy-poc/edge';
import { expect } from 'vitest';
import { eventually } from '../../helpers/wait.ts';
import type { Cluster } from './cluster.ts';

/**
 * Upgrades a second that the edges that run now admitted over the last seconds, whatever the pods said to them, by the
 * edges' access logs.
 */
export async function admissionRate(cluster: Cluster, seconds: number): Promise<number> {
  const edges = await cluster.pods('edge');
  const logs = await Promise.all(edges.map((pod) => cluster.logs<AccessLogLine>(pod, seconds + 5)));
  const lines = logs.flat().map((line) => ({ ...line, at: Date.parse(line.time) / 1000 }));
  const end = Math.max(...lines.map(({ at }) => at));
  const inTime = lines.filter(({ at }) => at > end - seconds);
  const admitted = inTime.filter((line) => {
    if (!isWebSocket(line) || line.code === 429) return false;
    // An admitted one that a pod takes has a second line when it ends.
    return line.code !== 101 || line.type === 'DownstreamTunnelSuccessfullyEstablished';
  });
  return admitted.length / seconds;
}

/** Seconds over which a rate is measured. */
const WINDOW_SECONDS = 5;

/**
 * Waits until all edges together have admitted `perSecond`, give or take a sixth, for some seconds; gives how long it
 * took from now to the first of these seconds.
 */
export async function expectRate(cluster: Cluster, perSecond: number): Promise<number> {
  const startedAt = performance.now();
  await sleep(WINDOW_SECONDS * 1000);
  await eventually(async () => {
    const rate = await admissionRate(cluster, WINDOW_SECONDS);
    expect(rate).toBeGreaterThan((perSecond * 5) / 6);
    expect(rate).toBeLessThan((perSecond * 7) / 6);
  });
  return (performance.now() - startedAt) / 1000 - WINDOW_SECONDS;
}
