/** Counts by step of a logarithmic scale: steps are 12 % apart, so a percentile is right within 6 %. */
export type Histogram = Record<number, number>;

const STEPS_PER_DECADE = 20;

/** Adds a value above 0; anything less than 0.01 counts as that. */
export function count(histogram: Histogram, value: number): void {
  const step = Math.round(Math.log10(Math.max(value, 0.01)) * STEPS_PER_DECADE);
  histogram[step] = (histogram[step] ?? 0) + 1;
}

/** The value that the share `p` of all counted values does not exceed; null when nothing was counted. */
export function percentile(histograms: readonly Histogram[], p: number): number | null {
  const all = new Map<number, number>();
  let total = 0;
  for (const histogram of histograms) {
    for (const [step, times] of Object.entries(histogram)) {
      all.set(Number(step), (all.get(Number(step)) ?? 0) + times);
      total += times;
    }
  }
  if (total === 0) return null;
  let left = Math.max(1, Math.ceil(p * total));
  const steps = [...all].sort(([a], [b]) => a - b);
  for (const [step, times] of steps) {
    left -= times;
    if (left <= 0) return 10 ** (step / STEPS_PER_DECADE);
  }
  return null;
}
