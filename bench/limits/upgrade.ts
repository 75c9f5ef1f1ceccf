import { attempt, closeAll } from './client.ts';
import { type Design, type FleetOptions, startFleet } from './designs.ts';
import { quantile } from './storm.ts';

/** Time to 101, one attempt after the other. */
export interface UpgradeResult {
  design: Design | 'direct';
  /** Milliseconds. */
  p50: number;
  p99: number;
}

/** All in turns, so that a slow moment of the machine hits each. */
export async function measureUpgrades(
  compared: readonly Design[],
  rounds: number,
  options: Omit<FleetOptions, 'rate' | 'network'>,
  networkOf: (i: number) => string,
): Promise<UpgradeResult[]> {
  await using closing = new AsyncDisposableStack();
  const targets: { design: UpgradeResult['design']; url: string; times: number[] }[] = [];
  for (const [i, design] of compared.entries()) {
    const network = networkOf(i);
    const fleet = closing.use(await startFleet(design, { ...options, network, rate: 100_000 }));
    targets.push({ design, url: fleet.urls[0] ?? '', times: [] });
    if (i === 0) targets.push({ design: 'direct', url: `ws://${network}.1.1:8080/`, times: [] });
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
