import { milliseconds, type Part, quantile, row } from '../part.ts';
import { attempt, closeAll } from './client.ts';
import { type Design, designs, type FleetOptions, measurable, startFleet } from './designs.ts';

/** Time to 101, one attempt after the other. */
interface UpgradeResult {
  design: Design | 'direct';
  /** Milliseconds. */
  p50: number;
  p99: number;
}

export const upgrade: Part<UpgradeResult[]> = {
  name: 'upgrade',
  about: 'time to 101',
  measure({ rounds, progress, network, ...setting }) {
    progress('upgrade');
    const options = { ...setting, pods: 4, limit: 2, proxies: 1, workers: 2 };
    return measureUpgrades(measurable(), 60 * rounds, options, network);
  },
  section(upgrades) {
    const direct = upgrades.find(({ design }) => design === 'direct');
    return [
      '## Time to 101',
      '',
      'One attempt after the other, in turns, through one proxy; and to the pod without any.',
      '',
      '| design | p50 | p99 | p50 as a ratio to direct |',
      '| --- | --- | --- | --- |',
      ...upgrades.map(({ design, p50, p99 }) =>
        row(
          ...[design === 'direct' ? 'direct' : designs[design], milliseconds(p50), milliseconds(p99)],
          direct ? (p50 / direct.p50).toFixed(2) : '',
        ),
      ),
    ];
  },
};

/** All in turns, so that a slow moment of the machine hits each. */
async function measureUpgrades(
  compared: readonly Design[],
  rounds: number,
  options: Omit<FleetOptions, 'rate' | 'network'>,
  network: () => string,
): Promise<UpgradeResult[]> {
  await using closing = new AsyncDisposableStack();
  const targets: { design: UpgradeResult['design']; url: string; times: number[] }[] = [];
  for (const [i, design] of compared.entries()) {
    const net = network();
    const fleet = closing.use(await startFleet(design, { ...options, network: net, rate: 100_000 }));
    targets.push({ design, url: fleet.urls[0] ?? '', times: [] });
    if (i === 0) targets.push({ design: 'direct', url: `ws://${net}.1.1:8080/`, times: [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      const outcome = await attempt(target.url);
      if (outcome.status === 101) target.times.push(outcome.milliseconds);
      await closeAll([outcome]);
    }
  }
  return targets.map(({ design, times }) => ({
    ...{ design, p50: quantile(times, 0.5), p99: quantile(times, 0.99) },
  }));
}
