import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, closeAll, type Outcome } from './client.ts';
import { type Design, type FleetOptions, startFleet } from './designs.ts';

/** Attempts at a steady pace, far above the rate. */
export interface RateResult {
  design: Design;
  proxies: number;
  workers: number;
  /** New connections a second that were asked of the design. */
  rate: number;
  attemptsPerSecond: number;
  /** All through one proxy, or through all in turn. */
  spread: 'one' | 'all';
  /** Admitted a second, on average. */
  admitted: number;
  /** Shortest time between two admissions, in milliseconds, by the client's clock. */
  smallestGap: number;
}

export async function measureRate(
  design: Design,
  pace: { attemptsPerSecond: number; seconds: number; spread: 'one' | 'all' },
  options: FleetOptions,
): Promise<RateResult> {
  await using fleet = await startFleet(design, options);
  const { proxies, workers, rate } = options;
  const { attemptsPerSecond, seconds, spread } = pace;
  const pending: Promise<Outcome>[] = [];
  const began = performance.now();
  for (let i = 0; i < attemptsPerSecond * seconds; i++) {
    await sleep(Math.max(0, began + (i * 1000) / attemptsPerSecond - performance.now()));
    const url = fleet.urls[spread === 'one' ? 0 : i % fleet.urls.length] ?? '';
    pending.push(attempt(url));
  }
  const outcomes = await Promise.all(pending);
  const times = outcomes
    .filter(({ status }) => status === 101)
    .map(({ answeredAt }) => answeredAt)
    .sort((a, b) => a - b);
  await closeAll(outcomes);
  return {
    ...{ design, proxies, workers, rate, attemptsPerSecond, spread },
    admitted: times.length / seconds,
    smallestGap: Math.min(...times.slice(1).map((at, i) => at - (times[i] ?? 0))),
  };
}
