import type { Part } from '../part.ts';
import { quantile, type Spread, spread } from '../part.ts';
import { atOnce, Client, type Outcome } from './client.ts';
import { type Design, measurable } from './designs.ts';
import { type Fleet, type FleetOptions, startFleet } from './fleet.ts';
import { isMain, stormPlots, stormSection } from './storm-page.ts';

/** Attempts all at once, several times, at a fleet that is empty. */
export interface StormResult {
  design: Design;
  proxies: number;
  workers: number;
  attempts: number;
  slots: number;
  /** Connections of a pod that may be open. */
  limit: number;
  /** Most connections that a pod had, in each round. */
  mostOnPod: number[];
  /** Open connections, in each round. */
  open: number[];
  /** Milliseconds until a client knew that it was refused, over rounds; nothing where none was. */
  refusedAfter?: { p50: Spread; p99: Spread };
  /** Attempts that had no answer in 6 s or were told of a time-out (504), in each round. */
  hung: number[];
}

/** Each with its number of worker threads or processes. */
const fleets = [1, 2, 4].flatMap((workers) => [1, 3].map((proxies) => ({ proxies, workers })));

export const storm: Part<StormResult[]> = {
  name: 'storm',
  about: 'attempts all at once: connections on a pod, slots filled, time until a refusal',
  async measure({ full, rounds, progress, network, ...setting }) {
    await using closing = new AsyncDisposableStack();
    // One thread would take as long for a large storm as a proxy does.
    const clients = [closing.use(new Client()), closing.use(new Client())];
    const results: StormResult[] = [];
    const designs = measurable('connections');
    for (const { proxies, workers } of full ? fleets : fleets.filter((fleet) => fleet.workers === 2)) {
      for (const design of designs) {
        progress(`storm: ${design}, ${proxies} × ${workers}`);
        const options = { ...setting, proxies, workers, pods: 4, limit: 2, network: network() };
        // All sizes and rounds with one fleet: the others show what proxies and workers add.
        const main = isMain({ proxies, workers });
        const sizes = !main ? [500] : full ? [50, 500, 2000] : [50, 500];
        const times = main ? rounds : Math.min(rounds, 3);
        results.push(...(await measureStorms(clients, design, sizes, times, options)));
      }
    }
    return results;
  },
  section: stormSection,
  plots: stormPlots,
};

async function measureStorms(
  clients: readonly Client[],
  design: Design,
  sizes: readonly number[],
  rounds: number,
  options: FleetOptions,
): Promise<StormResult[]> {
  await using fleet = await startFleet(design, options);
  const { proxies, workers, pods, limit } = options;
  // The first attempts load code and open connections.
  await oneStorm(clients, fleet, 50);
  const results: StormResult[] = [];
  for (const attempts of sizes) {
    const storms = [];
    for (let round = 0; round < rounds; round++) storms.push(await oneStorm(clients, fleet, attempts));
    const refused = storms.map(({ refused }) => refused).filter((times) => times.length > 0);
    results.push({
      ...{ design, proxies, workers, attempts, limit, slots: pods * limit },
      mostOnPod: storms.map(({ mostOnPod }) => mostOnPod),
      open: storms.map(({ open }) => open),
      hung: storms.map(({ hung }) => hung),
      ...(refused.length > 0 && {
        refusedAfter: {
          p50: spread(refused.map((times) => quantile(times, 0.5))),
          p99: spread(refused.map((times) => quantile(times, 0.99))),
        },
      }),
    });
  }
  return results;
}

async function oneStorm(clients: readonly Client[], fleet: Fleet, attempts: number) {
  const plan = atOnce(fleet.urls, attempts);
  const shares = clients.map((client, n) => client.attempt(plan.filter((_, i) => i % clients.length === n)));
  const ended = await Promise.all(shares);
  const outcomes = ended.flatMap((share) => share.outcomes);
  const mostOnPod = Math.max(...fleet.pods.map((pod) => pod.openConnections));
  await Promise.all(ended.map(({ close }) => close()));
  await fleet.empty();
  const hung = ({ status }: Outcome) => status === 'hung' || status === 504;
  const opened = ({ status }: Outcome) => status === 101;
  return {
    mostOnPod,
    open: outcomes.filter(opened).length,
    hung: outcomes.filter(hung).length,
    refused: outcomes
      .filter((outcome) => !hung(outcome) && !opened(outcome))
      .map(({ milliseconds }) => milliseconds),
  };
}
