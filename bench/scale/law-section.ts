import { row } from '../part.ts';
import { colours, Plot, svg } from '../plot.ts';
import { type Law, TARGET } from './law.ts';
import { percent } from './percent.ts';

export function lawSection({ fleet, attempts, rows }: Law): string[] {
  const { pods, slotsPerPod, freeSlots, edges, workers } = fleet;
  return [
    '',
    '## How many tries find a slot',
    '',
    'With `admission: shared`, *k* tries find a slot in 99 % of all attempts while',
    '',
    '    admissions a second × check interval ≤ c × free slots',
    '',
    'where *c* depends on *k* (`num_retries` + 1 of the edges; 11 here). Twice as many free slots stand twice the churn or',
    'checks half as often; the number of pods does not matter.',
    '',
    '| tries | c expected | found within so many at that c | c found | found at the expected c, all pods checked at once | c found |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(({ tries, expectedC, share, foundC }) =>
      row(
        ...[tries, expectedC.toFixed(2), percent(share.spread), foundC.spread.toFixed(2)],
        ...[percent(share.together), foundC.together.toFixed(2)],
      ),
    ),
    '',
    `Simulated: ${pods.toLocaleString('en')} pods of ${slotsPerPod} slots, ${freeSlots} slots free, ${edges} edges with ${workers} workers, ${attempts.toLocaleString('en')} attempts each.`,
    '',
    '![Share of attempts that find no slot, by churn and tries](images/scale-law.svg)',
    '',
    'The last two columns are for edges that check all pods at the same moment: Envoy does so after its start, until the',
    'times of the answers have drifted apart. Just before the checks everything is old at once, and then all tries of an',
    'attempt fail together. `initial_jitter`, set to the interval, spreads the checks from the start.',
    '',
    'All edges also go through the pods in turn. With one order for all, as with addresses in the configuration, an edge',
    'follows close behind another and finds what that one has just filled; from DNS, each edge has an order of its own.',
  ];
}

export function lawPlot({ curve }: Law): string {
  const points = curve.map((point) => ({ ...point, refused: Math.max(1 - point.share, 1e-4) }));
  const most = Math.max(...points.map(({ c }) => c));
  return svg('Share of attempts that find no slot, by churn and tries', [
    {
      ...{ width: 680, height: 380, marginLeft: 60, marginRight: 60, marginBottom: 45 },
      x: { type: 'log', label: 'admissions a second × check interval ÷ free slots →', tickFormat: '~g' },
      y: {
        type: 'log',
        label: '↑ attempts that find no slot (0.01 %: so many or fewer)',
        tickFormat: '~%',
        domain: [1e-4, 1],
      },
      marks: [
        Plot.ruleY([1 - TARGET], { stroke: colours.limit, strokeDasharray: '4 3' }),
        Plot.line(points, { x: 'c', y: 'refused', z: 'tries', stroke: colours.ours }),
        Plot.dot(points, { x: 'c', y: 'refused', r: 2, fill: colours.ours }),
        Plot.text(
          points.filter(({ c }) => c === most),
          {
            x: 'c',
            y: 'refused',
            text: ({ tries }: { tries: number }) => `${tries} tries`,
            dx: 8,
            textAnchor: 'start',
          },
        ),
      ],
    },
  ]);
}
