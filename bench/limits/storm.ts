import { setTimeout as sleep } from 'node:timers/promises';
import { closeAll, storm } from './client.ts';
import { type Design, type Fleet, type FleetOptions, startFleet } from './designs.ts';

/** A storm of attempts at a fleet that is empty. */
export interface StormResult {
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

export async function measureStorms(
  design: Design,
  sizes: readonly number[],
  rounds: number,
  options: Omit<FleetOptions, 'rate'>,
): Promise<StormResult[]> {
  await using fleet = await startFleet(design, { ...options, rate: high });
  const { proxies, workers, pods, limit } = options;
  const results: StormResult[] = [];
  // The first attempts load code and open connections.
  await closeAll(await storm(fleet.urls, 20));
  await untilEmpty(fleet);
  for (const attempts of sizes) {
    const filled: number[] = [];
    const refused: number[] = [];
    let hung = 0;
    let most = 0;
    for (let round = 0; round < rounds; round++) {
      const outcomes = await storm(fleet.urls, attempts);
      const open = fleet.pods.map((pod) => pod.openConnections);
      most = Math.max(most, ...open);
      filled.push(outcomes.filter(({ status }) => status === 101).length);
      refused.push(
        ...outcomes
          .filter(({ status }) => status >= 400 && status !== 504)
          .map(({ milliseconds }) => milliseconds),
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

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
