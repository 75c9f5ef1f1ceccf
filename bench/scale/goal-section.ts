import { row } from '../part.ts';
import { colours, Plot, svg } from '../plot.ts';
import type { Goal } from './goal.ts';
import { percent } from './percent.ts';

/** Share of the attempts that could be served that are to be. */
const TARGET = 0.9999;

/** So many tries it may take: with the picker, and with configuration alone. */
const ALLOWED = { picker: 1, configuration: 3 } as const;

const shown = [1, 2, 3, 4, 6, 11] as const;

export function goalSection({ fleet, seconds, rows }: Goal): string[] {
  const { pods, slotsPerPod, freeSlots, admissionsPerSecond, edges, podLifetimeSeconds = 0 } = fleet;
  const full = percent(1 - freeSlots / (pods * slotsPerPod), 0);
  return [
    '',
    '## An hour of 10,000 pods',
    '',
    `${pods.toLocaleString('en')} pods of ${slotsPerPod} slots, ${full} full, ${edges} edges; ${admissionsPerSecond} connections a second end and come again, and a pod is`,
    `replaced after ${podLifetimeSeconds / 3600} hours on average; ${seconds / 60} minutes, simulated. The goal is that ${percent(TARGET, 2)} of the attempts that could be`,
    `served are: at the first try with the picker, within ${ALLOWED.configuration} by configuration alone.`,
    '',
    row(
      '',
      'checks a second of an edge',
      ...shown.map((n) => (n === 1 ? 'first try' : `within ${n}`)),
      'goal',
    ),
    row(...Array.from({ length: shown.length + 3 }, () => '---')),
    ...rows.map((each) =>
      row(
        ...[each.name, Math.round(each.checksPerSecond).toLocaleString('en')],
        ...shown.map((n) => percent(each.within[n - 1] ?? Number.NaN, 3)),
        meets(each) ? 'met' : 'missed',
      ),
    ),
    '',
    '![Attempts that find no slot, by the number of tries](images/scale-goal.svg)',
    '',
    'With the picker the interval of the checks does not matter. Without it, checks of every pod that are frequent enough',
    'for three tries are more than an edge can do. Eleven tries, as here, do with far less; the goal of three needs another',
    'way: a full pod that counts as unhealthy instead of degraded can be checked less often than a free one, and it is the',
    'free ones that must be known well. For that, of the health check of the cluster `servers`:',
    '',
    '```yaml',
    'interval: 0.2s           # free pods',
    'unhealthy_interval: 5s   # full ones',
    'initial_jitter: 5s',
    'http_health_check:',
    '  path: /healthz',
    '  receive: [{ text: 6f6b }] # "ok"; a full pod answers "full"',
    '```',
    '',
    'Its price: a pod that has a slot again is not asked until its next check; an attempt while no pod counts as free is',
    'refused without a try; each check of a full pod is a warning in the log (`--component-log-level hc:error` silences it);',
    'and when most pods are free, all of them are checked at the short interval. Use it only where pods are nearly all full.',
  ];
}

function meets({ within, picker }: Goal['rows'][number]): boolean {
  return (within[(picker ? ALLOWED.picker : ALLOWED.configuration) - 1] ?? 0) >= TARGET;
}

export function goalPlot({ rows }: Goal): string {
  const least = 1e-5;
  const points = rows.flatMap(({ name, picker, within }) =>
    within.map((share, n) => ({ name, picker, tries: n + 1, refused: Math.max(1 - share, least) })),
  );
  return svg('Share of attempts that find no slot within so many tries, at 10,000 pods', [
    {
      ...{ width: 760, height: 420, marginLeft: 85, marginBottom: 45 },
      x: { label: 'tries →', ticks: 11, tickFormat: 'd' },
      y: {
        type: 'log',
        label: '↑ attempts that find no slot (1 in 100,000: so many or fewer)',
        ticks: [1, 0.1, 0.01, 1e-3, 1e-4, least],
        tickFormat: (share: number) => `1 in ${Math.round(1 / share).toLocaleString('en')}`,
        domain: [least, 1],
      },
      color: { legend: false, domain: rows.map(({ name }) => name) },
      marks: [
        Plot.ruleY([1 - TARGET], { stroke: colours.limit, strokeDasharray: '4 3' }),
        Plot.line(points, { x: 'tries', y: 'refused', stroke: 'name' }),
        Plot.dot(points, { x: 'tries', y: 'refused', fill: 'name', r: 2.5 }),
        ...rows.map(({ name }, i) =>
          Plot.text([name], { text: String, fill: String, frameAnchor: 'top-right', dy: 4 + 16 * i }),
        ),
      ],
    },
  ]);
}
