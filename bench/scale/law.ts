import type { Checks, Outcome, Setting } from './simulator/setting.ts';
import { servedShare } from './simulator/setting.ts';
import { simulate } from './simulator/simulate.ts';

/** Share of the upgrades that are to find a slot. */
export const TARGET = 0.99;

/** `c` that was expected of so many tries: at admissions/s × check interval = c × free slots the share is the target. */
const expected = [
  { tries: 2, c: 0.21 },
  { tries: 3, c: 0.45 },
  { tries: 4, c: 0.68 },
  { tries: 6, c: 1 },
  { tries: 11, c: 2.5 },
] as const;

const curveAt = [0.05, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1, 1.5, 2, 2.5, 3];

/** An edge's checks: each pod's at a time of its own, or those of all pods at once. */
const ways = {
  spread: { intervalSeconds: 1, initialJitterSeconds: 1 },
  together: { intervalSeconds: 1 },
} as const satisfies Record<string, Checks>;

type Way = keyof typeof ways;

const fleet = {
  order: 'own',
  ...{ seed: 1, pods: 2000, slotsPerPod: 2, freeSlots: 200, edges: 10, workers: 2 },
  warmUpSeconds: 20,
} as const;

export interface Law {
  fleet: Pick<Setting, 'pods' | 'slotsPerPod' | 'freeSlots' | 'edges' | 'workers'>;
  attempts: number;
  rows: {
    tries: number;
    expectedC: number;
    /** Share that is served at the expected `c`, and the `c` at which the target is served. */
    share: Record<Way, number>;
    foundC: Record<Way, number>;
  }[];
  /** With spread checks: the share within so many tries. */
  curve: { c: number; tries: number; share: number }[];
}

/** @param attempts upgrades for each point */
export function measureLaw(attempts: number): Law {
  const run = (c: number, tries: number, way: Way): Outcome => {
    const checks = ways[way];
    const admissionsPerSecond = (c * fleet.freeSlots) / checks.intervalSeconds;
    const seconds = attempts / admissionsPerSecond;
    return simulate({ ...fleet, checks, tries, admissionsPerSecond, seconds });
  };
  const share = (c: number, tries: number, way: Way) => servedShare(run(c, tries, way), tries);
  const each = (of: (way: Way) => number) => ({ spread: of('spread'), together: of('together') });
  const mostTries = Math.max(...expected.map(({ tries }) => tries));
  return {
    fleet,
    attempts,
    rows: expected.map(({ tries, c }) => ({
      ...{ tries, expectedC: c },
      share: each((way) => share(c, tries, way)),
      foundC: each((way) => where((at) => share(at, tries, way) >= TARGET, 2 * c)),
    })),
    curve: curveAt.flatMap((c) => {
      const outcome = run(c, mostTries, 'spread');
      return expected.map(({ tries }) => ({ c, tries, share: servedShare(outcome, tries) }));
    }),
  };
}

/** The largest value up to `most` for which `holds`, which is true from 0 up to it. To 1 % of `most`. */
function where(holds: (value: number) => boolean, most: number): number {
  let [from, to] = [0, most];
  while (to - from > most / 100) {
    const middle = (from + to) / 2;
    if (holds(middle)) from = middle;
    else to = middle;
  }
  return from;
}
