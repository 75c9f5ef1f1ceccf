import { until } from '../helpers/wait.ts';
import type { Plane } from './harness.ts';

/** What the rate limit said to an attempt: which edge, to whom, and when by that edge's clock, in seconds. */
export interface RateDecision {
  edge: string;
  client: string;
  at: number;
  admitted: boolean;
}

/** All decisions so far, in order of time, once the access logs have so many. */
export async function rateDecisions(plane: Plane, count: number): Promise<RateDecision[]> {
  const decided = () =>
    plane.accessLog.filter(
      (line) => line.type === 'DownstreamTunnelSuccessfullyEstablished' || line.code === 429,
    );
  await until(
    () => decided().length >= count,
    () => `${count} decisions are in the access logs: ${decided().length}`,
  );
  return decided()
    .map(({ edge, client, time, code }) => ({
      edge,
      client,
      at: Date.parse(time) / 1000,
      admitted: code === 101,
    }))
    .sort((a, b) => a.at - b.at);
}

/**
 * The least bucket that allows these admissions: the most by which those of any stretch of time exceed
 * `perSecond` × its length. Does not depend on how evenly the attempts came.
 */
export function leastBurst(decisions: readonly RateDecision[], perSecond: number): number {
  let most = 0;
  let tokensTaken = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (const { at } of decisions.filter((decision) => decision.admitted)) {
    tokensTaken = Math.max(0, tokensTaken - (at - previous) * perSecond) + 1;
    previous = at;
    most = Math.max(most, tokensTaken);
  }
  return most;
}

/** How many of these attempts a bucket that starts full would have admitted. */
export function modelAdmissions(
  decisions: readonly RateDecision[],
  { perSecond, burst }: { perSecond: number; burst: number },
): number {
  let tokens = burst;
  let previous = decisions[0]?.at ?? 0;
  let admissions = 0;
  for (const { at } of decisions) {
    tokens = Math.min(burst, tokens + (at - previous) * perSecond);
    previous = at;
    if (tokens < 1) continue;
    tokens--;
    admissions++;
  }
  return admissions;
}
