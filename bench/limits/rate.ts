import { setTimeout as sleep } from 'node:timers/promises';
import { randomExponential, randomLcg } from 'd3-random';
import type { Part } from '../part.ts';
import { type Attempt, Client } from './client.ts';
import { type Design, measurable } from './designs.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { ratePlots, rateSection } from './rate-page.ts';

/** Attempts over some seconds, in each round. */
export interface RateResult {
  design: Design;
  proxies: number;
  workers: number;
  /** New connections a second that were asked of the design. */
  rate: number;
  pace: Pace;
  rounds: {
    /** When an attempt began, in milliseconds. */
    attempted: number[];
    /** When one was answered with 101, by the clients' clock, in order. */
    admitted: number[];
  }[];
}

export interface Pace {
  attemptsPerSecond: number;
  seconds: number;
  /** Even intervals, or random ones as of many clients that know nothing of each other (a Poisson process). */
  intervals: 'even' | 'random';
  /** All through one proxy, or through all in turn. */
  through: 'one' | 'all';
}

const paces: readonly Pace[] = [
  { attemptsPerSecond: 25, seconds: 15, intervals: 'even', through: 'all' },
  { attemptsPerSecond: 2, seconds: 20, intervals: 'random', through: 'all' },
  { attemptsPerSecond: 3, seconds: 12, intervals: 'even', through: 'one' },
];

/** Seconds after which every design would admit at once again. */
const REST = 4;

export const rate: Part<RateResult[]> = {
  name: 'rate',
  about: 'attempts at some pace: admitted a second, smallest gap',
  async measure({ rounds, progress, network, ...setting }) {
    await using closing = new AsyncDisposableStack();
    const client = closing.use(new Client());
    const options = { ...setting, pods: 4, limit: 100, proxies: 3, workers: 2, rate: 1 };
    const fleets: { design: Design; fleet: Fleet }[] = [];
    for (const design of measurable('rate')) {
      progress(`rate: starting ${design}`);
      const fleet = closing.use(await startFleet(design, { ...options, network: network() }));
      fleets.push({ design, fleet });
    }
    const { proxies, workers } = options;
    const results: RateResult[] = [];
    for (const pace of paces) {
      const measured = fleets.map(({ design }) => ({
        ...{ design, proxies, workers, rate: options.rate, pace },
        rounds: [] as RateResult['rounds'],
      }));
      // Each takes long and loads the machine little: three are enough, and all designs at the same time.
      for (let round = 0; round < Math.min(rounds, 3); round++) {
        progress(`rate: ${pace.attemptsPerSecond} a second, ${pace.intervals}, through ${pace.through}`);
        const times = planTimes(pace, round);
        await Promise.all(
          fleets.map(async ({ fleet }, i) =>
            measured[i]?.rounds.push(await oneRound(client, fleet, pace, times)),
          ),
        );
        await sleep(REST * 1000);
      }
      results.push(...measured);
    }
    return results;
  },
  section: rateSection,
  plots: ratePlots,
};

/** The same for all designs, and in every run. */
function planTimes({ attemptsPerSecond, seconds, intervals }: Pace, round: number): number[] {
  const interval = 1000 / attemptsPerSecond;
  const random = randomExponential.source(randomLcg((round + 1) / 10))(1 / interval);
  const times: number[] = [];
  for (let at = 0; at < seconds * 1000; at += intervals === 'even' ? interval : random()) times.push(at);
  return times;
}

async function oneRound(client: Client, fleet: Fleet, { through }: Pace, times: readonly number[]) {
  const urls = through === 'one' ? fleet.urls.slice(0, 1) : fleet.urls;
  const plan = times.map((at, i): Attempt => ({ url: urls[i % urls.length] ?? '', at }));
  const { outcomes, close } = await client.attempt(plan);
  await close();
  const admitted = outcomes
    .filter(({ status }) => status === 101)
    .map(({ at, milliseconds }) => at + milliseconds)
    .sort((a, b) => a - b);
  return { attempted: outcomes.map(({ at }) => Math.round(at)), admitted: admitted.map(Math.round) };
}
