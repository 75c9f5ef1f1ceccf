import { row, showSpread, spread } from '../part.ts';
import { colours, Plot, svg } from '../plot.ts';
import { type Design, designs, explained } from './designs.ts';
import type { Pace, RateResult } from './rate.ts';

/**
 * Seconds between two admissions that count as too soon, at a rate of 1: an answer does not always take the same time.
 */
const MARGIN = 0.9;

/** Seconds of the plot. */
const SHOWN = 15;

/** The figures of a result, over rounds. */
export function rateFigures({ rate, pace, rounds }: RateResult) {
  const gaps = rounds.map(({ admitted }) => Math.min(...gapsOf(admitted)) / 1000);
  return {
    perSecond: spread(rounds.map(({ admitted }) => admitted.length / pace.seconds)),
    /** Of the admissions that the rate allows. */
    used: spread(rounds.map(({ attempted, admitted }) => admitted.length / allowed(attempted, rate))),
    /** Seconds. */
    smallestGap: spread(gaps),
    most: Math.max(...rounds.map(({ admitted }) => mostWithin(admitted, MARGIN * 1000))),
  };
}

const gapsOf = (times: readonly number[]) => times.slice(1).map((at, i) => at - (times[i] ?? 0));

/** So many attempts a limiter admits that admits each as soon as the interval since the last is over. */
function allowed(attempted: readonly number[], rate: number): number {
  let count = 0;
  let next = 0;
  for (const at of attempted) {
    if (at < next) continue;
    count++;
    next = at + 1000 / rate;
  }
  return count;
}

function mostWithin(times: readonly number[], milliseconds: number): number {
  return Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + milliseconds).length),
  );
}

const describe = ({ attemptsPerSecond, intervals, through }: Pace) =>
  `${attemptsPerSecond}, ${intervals}, ${through === 'one' ? 'through one proxy' : 'through all in turn'}`;

export function rateSection(rates: RateResult[]): string[] {
  const [{ proxies, workers, rate } = { proxies: 3, workers: 2, rate: 1 }] = rates;
  const two = (value: number) => value.toFixed(2);
  return [
    '## Rate',
    '',
    `${rate} new connection a second is asked of ${proxies} proxies together, with ${workers} workers each. The attempts come at even`,
    'intervals, or at random ones, as from many clients that know nothing of each other; through all proxies in turn,',
    'or all through one. All designs get the same attempts at the same time.',
    '',
    '![when each design admitted a connection](images/bench-rate.svg)',
    '',
    '- *Of what the rate allows*: admissions, by those of an ideal limiter, which admits an attempt as soon as the last',
    '  admission is a second ago. Below 1 the rate is not used; above 1 it is exceeded.',
    '- *Smallest gap* between two admissions, and *most within 0.9 s*, which may begin anywhere: 1 s and 1 are ideal. By',
    '  the clients’ clock: an admission is when 101 arrives, some milliseconds after it was decided.',
    '- Median (range) of the rounds.',
    '',
    'How each limits:',
    '',
    ...explained(
      'rate',
      rates.map(({ design }) => design),
    ),
    '',
    '| attempts a second | design | admitted a second | of what the rate allows | smallest gap | most within 0.9 s |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rates.map((result) => {
      const { perSecond, used, smallestGap, most } = rateFigures(result);
      return row(
        ...[describe(result.pace), designs[result.design].name, showSpread(perSecond, two)],
        ...[showSpread(used, two), showSpread(smallestGap, two, 's'), most],
      );
    }),
    '',
    'envoyproxy/ratelimit counts calendar seconds: it admits one at the end of a second and the next at the beginning of',
    'the following. HAProxies hear of each other’s admissions a moment later, and attempts that come meanwhile are',
    'admitted too; where attempts are rare that seldom happens, and they need no service beside them. A fixed share is',
    'not used by a proxy that few ask, and all proxies may use theirs at once. `shared` is Envoy’s own `local_ratelimit`,',
    'so Envoy alone has no row.',
  ];
}

export function ratePlots(rates: RateResult[]): Record<string, string> {
  const shown = rates.filter(({ pace }) => pace.through === 'all');
  const order = [...new Set(shown.map(({ design }) => design))];
  const paces = [...new Set(shown.map(({ pace }) => pace.attemptsPerSecond))];
  const panels = paces.map((attempts, i) =>
    panel(
      shown.filter(({ pace }) => pace.attemptsPerSecond === attempts),
      order,
      i === 0,
    ),
  );
  return {
    'bench-rate.svg': svg('When each design admitted a connection, at a rate of 1 a second', panels),
  };
}

/** A row a design, a dot an admission of the first round. */
function panel(rates: RateResult[], order: readonly Design[], withNames: boolean): Plot.PlotOptions {
  const name = (design: Design) => designs[design].name.replaceAll('`', '');
  const [
    {
      pace,
      rounds: [first],
    } = { rounds: [] },
  ] = rates;
  const attempts = (first?.attempted ?? []).map((at) => at / 1000);
  const admissions = rates.flatMap(({ design, rounds: [round] }) => {
    const admitted = round?.admitted ?? [];
    return admitted.map((at, i) => ({
      ...{ at: at / 1000, design: name(design) },
      early: i > 0 && at - (admitted[i - 1] ?? 0) < MARGIN * 1000,
    }));
  });
  return {
    ...{ width: withNames ? 570 : 390, height: 92 + 36 * order.length },
    ...{ marginLeft: withNames ? 200 : 20, marginTop: 36, marginBottom: 52, marginRight: 20 },
    x: { domain: [-0.3, SHOWN + 0.3], label: 'seconds', ticks: SHOWN / 5 },
    fy: { domain: order.map(name), label: null, axis: withNames ? 'left' : null, padding: 0.05 },
    marks: [
      Plot.ruleX(
        Array.from({ length: SHOWN + 1 }, (_, second) => second),
        { strokeOpacity: 0.1 },
      ),
      ...(pace?.intervals === 'random'
        ? [
            Plot.tickX(
              attempts.filter((at) => at <= SHOWN),
              { x: (at: number) => at, strokeOpacity: 0.4 },
            ),
          ]
        : []),
      Plot.dot(
        admissions.filter(({ at }) => at <= SHOWN),
        // Those at nearly the same time one above the other.
        Plot.dodgeY('middle', {
          ...{ x: 'at', fy: 'design', r: 4 },
          fill: ({ early }: { early: boolean }) => (early ? colours.bad : colours.ours),
        }),
      ),
      Plot.text([`${pace?.attemptsPerSecond} attempts a second, at ${pace?.intervals} times`], {
        ...{
          frameAnchor: 'top-left',
          fy: () => name(order[0] ?? 'exact'),
          dy: -24,
          fontSize: 12,
          fontWeight: 600,
        },
      }),
      Plot.text([withNames ? 'dot: an admission; red: too soon after the one before' : 'line: an attempt'], {
        ...{ frameAnchor: 'bottom-left', fy: () => name(order.at(-1) ?? 'exact'), dy: 42, fontSize: 11 },
      }),
    ],
  };
}
