import { type Part, quantile, row, type Spread, showSpread, spread, threeDigits } from '../part.ts';
import { Client } from './client.ts';
import { type Design, designs, measurable } from './designs.ts';
import { type FleetOptions, startFleet } from './fleet.ts';

/** Time to 101, one attempt after the other. */
interface UpgradeResult {
  design: Design | 'direct';
  /** Milliseconds, over rounds. */
  p50: Spread;
  p99: Spread;
}

/** Attempts of each design in a round. */
const ATTEMPTS = 100;

export const upgrade: Part<UpgradeResult[]> = {
  name: 'upgrade',
  about: 'time to 101',
  measure({ rounds, progress, network, ...setting }) {
    progress('upgrade');
    const limiting = new Set([...measurable('connections'), ...measurable('rate')]);
    limiting.delete('refuser');
    const options = { ...setting, pods: 4, limit: 2, proxies: 1, workers: 2 };
    return measureUpgrades([...limiting], rounds, options, network);
  },
  section(upgrades) {
    const direct = upgrades.find(({ design }) => design === 'direct');
    return [
      '## Time to 101',
      '',
      `One attempt after the other through one proxy with 2 workers, ${ATTEMPTS} a round, and to the pod without any proxy. The designs`,
      'take turns, so that a slow moment of the machine hits each. Median (range) of the rounds.',
      '',
      '| design | p50 | p99 | p50 as a ratio to direct |',
      '| --- | --- | --- | --- |',
      ...upgrades.map(({ design, p50, p99 }) =>
        row(
          ...[design === 'direct' ? 'direct, without a proxy' : designs[design].name],
          ...[showSpread(p50, threeDigits, 'ms'), showSpread(p99, threeDigits, 'ms')],
          direct ? (p50.median / direct.p50.median).toFixed(2) : '',
        ),
      ),
      '',
      'The endpoint picker is asked before each upgrade, which is the difference between `exact` and `shared`; envoyproxy/ratelimit',
      'is asked likewise, and asks Redis.',
    ];
  },
};

async function measureUpgrades(
  compared: readonly Design[],
  rounds: number,
  options: Omit<FleetOptions, 'network'>,
  network: () => string,
): Promise<UpgradeResult[]> {
  await using closing = new AsyncDisposableStack();
  const client = closing.use(new Client());
  const targets: { design: UpgradeResult['design']; url: string; times: number[][] }[] = [];
  for (const [i, design] of compared.entries()) {
    const net = network();
    const fleet = closing.use(await startFleet(design, { ...options, network: net }));
    if (i === 0) targets.push({ design: 'direct', url: `ws://${net}.1.1:8080/`, times: [] });
    targets.push({ design, url: fleet.urls[0] ?? '', times: [] });
  }
  // The first round loads code and is not counted.
  for (let round = -1; round < rounds; round++) {
    for (const target of targets) target.times[Math.max(0, round)] = [];
    for (let i = 0; i < ATTEMPTS; i++) {
      for (const { url, times } of targets) {
        const { outcomes, close } = await client.attempt([{ url, at: 0 }]);
        const [outcome] = outcomes;
        if (outcome?.status === 101) times[Math.max(0, round)]?.push(outcome.milliseconds);
        await close();
      }
    }
  }
  const over = (times: number[][], q: number) => spread(times.map((round) => quantile(round, q)));
  return targets.map(({ design, times }) => ({ design, p50: over(times, 0.5), p99: over(times, 0.99) }));
}
