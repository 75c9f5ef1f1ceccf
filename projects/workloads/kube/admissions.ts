import type { AccessLogLine } from '@envoy-poc/edge';
import { expect } from 'vitest';
import { type Cluster, eventually } from './cluster.ts';

/** When the edges that run now admitted an upgrade in the last seconds (whatever the pods said to it), in seconds. */
async function admissions(cluster: Cluster, seconds: number): Promise<number> {
  const edges = await cluster.pods('edge');
  const logs = await Promise.all(edges.map((pod) => cluster.logs<AccessLogLine>(pod, seconds + 5)));
  const lines = logs.flat().map((line) => ({ ...line, at: Date.parse(line.time) / 1000 }));
  const end = Math.max(...lines.map(({ at }) => at));
  const inTime = lines.filter(({ at }) => at > end - seconds);
  return inTime.filter(({ upgrade, type, code }) => {
    if (upgrade?.toLowerCase() !== 'websocket' || code === 429) return false;
    // An admitted one that a pod takes has a second line when it ends.
    return code !== 101 || type === 'DownstreamTunnelSuccessfullyEstablished';
  }).length;
}

/** Admissions a second over the last seconds, by the edges' access logs. */
export async function admissionRate(cluster: Cluster, seconds: number): Promise<number> {
  return (await admissions(cluster, seconds)) / seconds;
}

/** Seconds over which a rate is measured. */
const WINDOW_SECONDS = 5;

/** Waits until all edges together admit `perSecond`, give or take a sixth, at latest `seconds` from now. */
export function expectRate(cluster: Cluster, perSecond: number, seconds: number): Promise<void> {
  return eventually(seconds + WINDOW_SECONDS, async () => {
    const rate = await admissionRate(cluster, WINDOW_SECONDS);
    expect(rate).toBeGreaterThan((perSecond * 5) / 6);
    expect(rate).toBeLessThan((perSecond * 7) / 6);
  });
}
