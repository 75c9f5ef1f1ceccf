import { designs } from './designs.ts';
import type { RateResult } from './rate.ts';
import type { StormResult } from './storm.ts';
import type { UpgradeResult } from './upgrade.ts';

export interface Results {
  machine: string;
  /** ISO 8601, UTC. */
  date: string;
  storms: StormResult[];
  rates: RateResult[];
  upgrades: UpgradeResult[];
}

/** The results as docs/benchmarks.md. */
export function page(results: Results): string {
  const { machine, date, storms, rates, upgrades } = results;
  return [
    '# Benchmarks',
    '',
    `Written by \`npx nx run bench:run\` on ${date.slice(0, 10)}, on ${machine}. Compare rows of one table only: all rows of`,
    'a table are measured in one run, in turns where that is possible.',
    ...section(storms.length > 0, stormsPart, storms),
    ...section(rates.length > 0, ratesPart, rates),
    ...section(upgrades.length > 0, upgradesPart, upgrades),
    '',
  ].join('\n');
}

function section<T>(there: boolean, part: (results: T) => string[], results: T): string[] {
  return there ? ['', ...part(results)] : [];
}

function stormsPart(storms: readonly StormResult[]): string[] {
  return [
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
  ];
}

function ratesPart(rates: readonly RateResult[]): string[] {
  return [
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
  ];
}

function upgradesPart(upgrades: readonly UpgradeResult[]): string[] {
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
}

function row(...cells: (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

function milliseconds(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '';
  return `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;
}
