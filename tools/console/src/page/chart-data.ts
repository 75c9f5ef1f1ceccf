import { percentile } from '../histogram.ts';
import type { Second, View } from '../view.ts';

/** Columns of a chart: x first, then each series; null where nothing was. */
export type Columns = (number | null)[][];

/** Windows of the charts in seconds, and how many seconds make a point. */
export const windows = [
  { seconds: 60, words: '1 min', each: 1 },
  { seconds: 600, words: '10 min', each: 5 },
  { seconds: 3600, words: '1 h', each: 30 },
] as const;

export type Window = (typeof windows)[number];

/** Points of a window; the last second is left out, of which logs may still tell. */
function points(
  view: View,
  { seconds, each }: { seconds: number; each: number },
): { at: number; of: Second[] }[] {
  const now = Math.floor(Date.parse(view.state?.at ?? view.setup.startedAt) / 1000);
  const began = Math.floor(Date.parse(view.setup.startedAt) / 1000);
  const last = Math.floor((now - 1) / each) * each;
  const first = Math.max(last - seconds, Math.floor(began / each) * each);
  const bins = new Map<number, Second[]>();
  for (const second of view.seconds) {
    if (second.at < first || second.at > now - 1) continue;
    const at = Math.floor(second.at / each) * each;
    const bin = bins.get(at);
    if (bin) bin.push(second);
    else bins.set(at, [second]);
  }
  const all: { at: number; of: Second[] }[] = [];
  for (let at = first; at <= last; at += each) all.push({ at, of: bins.get(at) ?? [] });
  return all;
}

const sum = (seconds: readonly Second[], of: (second: Second) => number) =>
  seconds.reduce((all, second) => all + of(second), 0);

/** The columns of every chart over time. */
export function chartData(view: View, window: Window) {
  const all = points(view, window);
  const { each } = window;
  // Of few replies a percentile says nothing.
  const wider = points(view, { ...window, each: 5 * each });
  const x = all.map(({ at }) => at);
  const perSecond = (of: (second: Second) => number) => all.map((bin) => sum(bin.of, of) / each);
  const last = (of: (second: Second) => number) =>
    all.map((bin) => bin.of.at(-1)).map((one) => (one ? of(one) : null));
  return {
    admissions: [x, perSecond((second) => second.admitted), last((second) => second.rate)],
    open: [x, last((second) => second.open), last((second) => second.capacity)],
    fullest: [
      x,
      last((second) => second.fullest),
      last((second) => second.highWater),
      last((second) => second.limit),
    ],
    refusals: [
      x,
      perSecond(({ refused }) => refused.rate),
      perSecond(({ refused }) => refused.full),
      perSecond(({ refused }) => refused.draining + refused.client + refused.other),
    ],
    replies: [
      wider.map(({ at }) => at),
      ...[0.5, 0.99].map((p) => {
        return wider.map((bin) =>
          percentile(
            bin.of.map(({ replies }) => replies),
            p,
          ),
        );
      }),
    ],
  } satisfies Record<string, Columns>;
}

/** Most ever and limit of each pod, by its number from 1. */
export function highWaterData({ setup, state }: View): Columns {
  const pods = state?.pods ?? [];
  return [
    pods.map((_, i) => i + 1),
    pods.map(({ highWater }) => highWater),
    pods.map(() => setup.connectionsPerPod),
  ];
}
