import { milliseconds, row, type Spread, showSpread, spread, threeDigits } from '../part.ts';
import { barPlot, colours, heading, Plot, svg } from '../plot.ts';
import { type Design, designs, explained } from './designs.ts';
import type { StormResult } from './storm.ts';

const whole = (value: number) => String(Math.round(value));
const over = (rounds: readonly number[]) => showSpread(spread(rounds), whole);
const named = ({ design }: StormResult) => designs[design].name;

/** Whether it is the fleet of the main table. */
export const isMain = ({ proxies, workers }: Pick<StormResult, 'proxies' | 'workers'>) =>
  proxies === 3 && workers === 2;

/** `12 (10-14) ms; 1.30 ×`, with the ratio to `exact` in the same storm. */
function time(of: Spread | undefined, ours: Spread | undefined): string {
  if (!of) return '';
  const ratio = ours && ours !== of ? `; ${(of.median / ours.median).toFixed(2)} ×` : '';
  return `${showSpread(of, threeDigits, 'ms')}${ratio}`;
}

export function stormSection(storms: StormResult[]): string[] {
  const [{ slots, limit } = { slots: 8, limit: 2 }] = storms;
  const designsMeasured = storms.map(({ design }) => design);
  const measured = storms.filter(({ design }) => design !== 'refuser');
  const sizes = [...new Set(storms.filter(isMain).map(({ attempts }) => attempts))];
  return [
    '## Storms',
    '',
    `Many attempts at once, while all slots of ${slots / limit} pods are free, ${limit} each: exactly ${slots} should come in, and the others learn`,
    'at once that they did not. The pods of a peer accept everything, so that the peer’s own limit shows; nothing limits',
    'the rate.',
    '',
    '![connections on a pod, open connections and time until a refusal](images/bench-storm.svg)',
    '',
    'How each limits:',
    '',
    ...explained('connections', designsMeasured),
    '',
    'A limit that each proxy keeps for itself is multiplied by the number of proxies. One HAProxy or nginx alone keeps',
    'it exactly, but a second one, as for availability, doubles it. Envoy counts for each worker thread too, and an',
    'attempt that its limit for a host stops waits for a connection until it times out.',
    '',
    'Refusing takes this project longer than HAProxy and nginx: with `exact` the edge asks the endpoint picker, with',
    '`shared` it asks several pods. In a storm so large that the picker does not answer within 250 ms, the edges go on',
    'as with `shared`.',
    '',
    'Three proxies with two workers each. *Hung*: no answer after 3 s, or told of a time-out (504); *refused after* is of',
    'the others. Median (range) of the rounds, but *most on a pod* is of all rounds; the ratio is to `exact`.',
    '',
    `| attempts | design | most on a pod (limit ${limit}) | open (of ${slots}) | refused after, p50 | p99 | hung |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...sizes.flatMap((size) => {
      const rows = storms.filter((each) => isMain(each) && each.attempts === size);
      const ours = rows.find(({ design }) => design === 'exact')?.refusedAfter;
      return rows.map((each) =>
        row(
          ...[size, named(each), Math.max(...each.mostOnPod), over(each.open)],
          ...[time(each.refusedAfter?.p50, ours?.p50), time(each.refusedAfter?.p99, ours?.p99)],
          over(each.hung),
        ),
      );
    }),
    '',
    'The same by number of proxies and of their workers, with 500 attempts: most on a pod / open / refused after, p99.',
    '',
    ...byFleet(measured.filter(({ attempts }) => attempts === 500)),
  ];
}

function byFleet(storms: StormResult[]): string[] {
  const compared = [...new Set(storms.map(({ design }) => design))];
  const fleets = [...new Set(storms.map(({ proxies, workers }) => `${proxies} × ${workers}`))].sort();
  const cell = (each: StormResult | undefined) =>
    each
      ? `${Math.max(...each.mostOnPod)} / ${over(each.open)} / ${milliseconds(each.refusedAfter?.p99.median)}`
      : '';
  return [
    row('proxies × workers', ...compared.map((design) => designs[design].name)),
    row('---', ...compared.map(() => '---')),
    ...fleets.map((fleet) => {
      const of = (design: Design) =>
        storms.find((each) => each.design === design && `${each.proxies} × ${each.workers}` === fleet);
      return row(fleet, ...compared.map((design) => cell(of(design))));
    }),
  ];
}

export function stormPlots(storms: StormResult[]): Record<string, string> {
  const shown = storms.filter((each) => isMain(each) && each.attempts === 500);
  const [{ slots, limit, attempts } = { slots: 8, limit: 2, attempts: 500 }] = shown;
  const limiting = shown.filter(({ design }) => design !== 'refuser');
  const y = { domain: shown.map(plain), label: null, tickSize: 0 };
  const size = { height: 56 + 28 * shown.length, marginTop: 40, marginBottom: 20, marginRight: 30 };
  const bars = (title: string, value: (each: StormResult) => number, bound: number, names: boolean) =>
    barPlot(title, {
      ...{ show: whole, names, places: shown.map(plain), bound },
      bars: limiting.map((each) => ({
        ...{ name: plain(each), value: value(each) },
        colour: value(each) > bound ? colours.bad : colours.ours,
      })),
    });
  const timed = shown.flatMap((each) =>
    each.refusedAfter
      ? [{ name: plain(each), ...medians(each.refusedAfter), hung: spread(each.hung).median }]
      : [],
  );
  const times: Plot.PlotOptions = {
    ...{ ...size, width: 340, marginLeft: 10, marginRight: 120 },
    x: { type: 'log', axis: null },
    y: { ...y, axis: null },
    marks: [
      Plot.link(timed, { x1: 'p50', x2: 'p99', y: 'name', stroke: colours.peer, strokeWidth: 3 }),
      Plot.dot(timed, { x: 'p50', y: 'name', fill: colours.peer, r: 4 }),
      Plot.dot(timed, { x: 'p99', y: 'name', fill: colours.ours, r: 5 }),
      Plot.text(timed, {
        ...{ x: 'p99', y: 'name', dx: 10, textAnchor: 'start' },
        text: ({ p99, hung }: { p99: number; hung: number }) =>
          `${milliseconds(p99)}${hung > 0 ? `; ${whole(hung)} hung` : ''}`,
      }),
      heading('a refused client knows after (p50, p99)'),
    ],
  };
  return {
    'bench-storm.svg': svg(
      `${attempts} attempts at once through three proxies: most connections on a pod, open connections, time until a refusal`,
      [
        bars(`most on a pod (limit ${limit})`, ({ mostOnPod }) => Math.max(...mostOnPod), limit, true),
        bars(`open connections (slots ${slots})`, ({ open }) => Math.max(...open), slots, false),
        times,
      ],
    ),
  };
}

const medians = ({ p50, p99 }: { p50: Spread; p99: Spread }) => ({ p50: p50.median, p99: p99.median });

const plain = (each: StormResult) => named(each).replaceAll('`', '');
