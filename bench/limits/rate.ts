import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds, type Part, row } from '../part.ts';
import { attempt, closeAll, type Outcome } from './client.ts';
import { type Design, designs, type FleetOptions, measurable, startFleet } from './designs.ts';

/** Attempts at a steady pace, far above the rate. */
interface RateResult {
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

const paces = [
  { attemptsPerSecond: 25, seconds: 20, spread: 'all' },
  { attemptsPerSecond: 3, seconds: 20, spread: 'one' },
] as const;

export const rate: Part<RateResult[]> = {
  name: 'rate',
  about: 'attempts at a steady pace: admitted a second, smallest gap',
  async measure({ progress, network, ...setting }) {
    const results: RateResult[] = [];
    for (const design of measurable().filter((each) => each !== 'envoy' && each !== 'haproxy')) {
      for (const pace of paces) {
        progress(`rate: ${design}, ${pace.attemptsPerSecond} attempts a second at ${pace.spread}`);
        const options = {
          ...setting,
          pods: 40,
          limit: 2,
          proxies: 3,
          workers: 2,
          rate: 1,
          network: network(),
        };
        results.push(await measureRate(design, pace, options));
      }
    }
    return results;
  },
  section: (rates) => [
    '## Rate',
    '',
    'One new connection a second asked of 3 proxies with 2 workers each; attempts come evenly, through all proxies in',
    'turn or all through one. Envoy alone and HAProxy have no rate of connections for several proxies together.',
    '',
    '| design | attempts a second | through | admitted a second | smallest gap |',
    '| --- | --- | --- | --- | --- |',
    ...rates.map(({ design, attemptsPerSecond, spread, admitted, smallestGap }) =>
      row(designs[design], attemptsPerSecond, spread, admitted.toFixed(2), milliseconds(smallestGap)),
    ),
  ],
};

async function measureRate(
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
