import { setTimeout as sleep } from 'node:timers/promises';
import { milliseconds, type Part, quantile, row } from '../part.ts';
import { attempts as attemptAll, closeAll } from './client.ts';
import { type Design, designs, type Fleet, type FleetOptions, measurable, startFleet } from './designs.ts';

/** A storm of attempts at a fleet that is empty. */
interface StormResult {
  design: Design;
  proxies: number;
  workers: number;
  attempts: number;
  /** Most connections that a pod ever held, over all rounds. */
  mostOnPod: number;
  /** Of the slots, in each round. */
  filled: number[];
  slots: number;
  /** Milliseconds until a client knew that it was refused, over all rounds. */
  refusedAfter: { p50: number; p99: number } | undefined;
  /** Attempts that were not answered within ten seconds, over all rounds. */
  hung: number;
}

const high = 100_000;

export const storm: Part<StormResult[]> = {
  name: 'storm',
  about: 'attempts all at once: connections on a pod, slots filled, time until a refusal',
  async measure({ full, rounds, progress, network, ...setting }) {
    const results: StormResult[] = [];
    for (const workers of full ? [1, 2, 4] : [2]) {
      for (const proxies of [1, 3]) {
        for (const design of measurable()) {
          progress(`storm: ${design}, ${proxies} × ${workers}`);
          const options = { ...setting, pods: 4, limit: 2, proxies, workers, network: network() };
          results.push(
            ...(await measureStorms(design, full ? [50, 100, 500, 2000] : [50, 500], rounds, options)),
          );
        }
      }
    }
    return results;
  },
  section: (storms) => [
    '## Storms',
    '',
    'Attempts all at once, while every slot is free: 4 pods with 2 slots each. A peer’s pods accept everything, so that',
    'its own limit shows. An attempt is *hung* when it has no answer after 10 s, or is told of a time-out (504).',
    '',
    '| design | proxies × workers | attempts | most on a pod | filled of 8, each round | refused after, p50 | p99 | hung |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...storms.map(({ design, proxies, workers, attempts, mostOnPod, filled, refusedAfter, hung }) =>
      row(
        ...[designs[design], `${proxies} × ${workers}`, attempts, mostOnPod, filled.join(' ')],
        ...[milliseconds(refusedAfter?.p50), milliseconds(refusedAfter?.p99), hung],
      ),
    ),
  ],
};

async function measureStorms(
  design: Design,
  sizes: readonly number[],
  rounds: number,
  options: Omit<FleetOptions, 'rate'>,
): Promise<StormResult[]> {
  await using fleet = await startFleet(design, { ...options, rate: high });
  const { proxies, workers, pods, limit } = options;
  const results: StormResult[] = [];
  // The first attempts load code and open connections.
  await closeAll(await attemptAll(fleet.urls, 20));
  await untilEmpty(fleet);
  for (const attempts of sizes) {
    const filled: number[] = [];
    const refused: number[] = [];
    let hung = 0;
    let most = 0;
    for (let round = 0; round < rounds; round++) {
      const outcomes = await attemptAll(fleet.urls, attempts);
      const open = fleet.pods.map((pod) => pod.openConnections);
      most = Math.max(most, ...open);
      filled.push(outcomes.filter(({ status }) => status === 101).length);
      refused.push(
        ...outcomes
          .filter(({ status }) => status >= 400 && status !== 504)
          .map((outcome) => outcome.milliseconds),
      );
      hung += outcomes.filter(({ status }) => status === 0 || status === 504).length;
      await closeAll(outcomes);
      await untilEmpty(fleet);
    }
    results.push({
      ...{ design, proxies, workers, attempts, filled, hung, slots: pods * limit, mostOnPod: most },
      refusedAfter:
        refused.length > 0 ? { p50: quantile(refused, 0.5), p99: quantile(refused, 0.99) } : undefined,
    });
  }
  return results;
}

async function untilEmpty({ pods }: Fleet): Promise<void> {
  while (pods.some((pod) => pod.openConnections > 0)) await sleep(50);
  // Every proxy has to learn of it, by health checks or otherwise.
  await sleep(2500);
}
