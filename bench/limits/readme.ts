import { milliseconds, row, showSpread, spread } from '../part.ts';
import { type Design, designs } from './designs.ts';
import type { RateResult } from './rate.ts';
import { rateFigures } from './rate-page.ts';
import type { StormResult } from './storm.ts';
import { isMain } from './storm-page.ts';

/** The table of limits of README.md, with this project last. */
export function limitsTable(storms: readonly StormResult[], rates: readonly RateResult[]): string[] {
  const order: readonly Design[] = ['envoy', 'ratelimit', 'haproxy', 'nginx', 'shared', 'exact'];
  const table = order.flatMap((design) => {
    const storm = storms.find((each) => each.design === design && isMain(each) && each.attempts === 500);
    const rate = rates.find((each) => each.design === design && each.pace.intervals === 'random');
    if (!storm && !rate) return [];
    const figures = rate && rateFigures(rate);
    const strong = (cell: string | number) => (design === 'exact' ? `**${cell}**` : String(cell));
    return [
      row(
        strong(designs[design].name),
        storm ? strong(Math.max(...storm.mostOnPod)) : '',
        storm ? strong(showSpread(spread(storm.open), String)) : '',
        storm ? milliseconds(storm.refusedAfter?.p99.median) + hung(storm) : '',
        figures ? strong(`${Math.round(figures.used.median * 100)} %`) : '',
        figures ? strong(`${figures.smallestGap.least.toFixed(2)} s`) : '',
      ),
    ];
  });
  return [
    '| design | most on a pod (limit 2) | open (of 8) | a refused client knows after, p99 | admitted, of what the rate allows | smallest gap (1 s) |',
    '| --- | --- | --- | --- | --- | --- |',
    ...table,
  ];
}

function hung({ hung }: StormResult): string {
  const { median, most } = spread(hung);
  return most > 0 ? `, ${median} time out` : '';
}
