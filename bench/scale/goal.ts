import type { Outcome, Setting } from './simulator/setting.ts';
import { servedShare } from './simulator/setting.ts';
import { simulate } from './simulator/simulate.ts';

/** 10,000 pods, 99 % full; enough edges for their connections (`ceilings` of libs/edge); a pod lives a day. */
const fleet = {
  order: 'own',
  ...{ seed: 1, pods: 10_000, slotsPerPod: 2, freeSlots: 200, admissionsPerSecond: 33 },
  ...{ edges: 10, workers: 2, tries: 11, warmUpSeconds: 60 },
  ...{ podLifetimeSeconds: 86_400, podAwaySeconds: 10 },
} as const satisfies Omit<Setting, 'seconds'>;

const ways: readonly (Pick<Setting, 'checks' | 'reports'> & { name: string })[] = [
  {
    name: 'picker, checks every 30 s',
    reports: { delaySeconds: 0.005 },
    checks: { intervalSeconds: 30, initialJitterSeconds: 30 },
  },
  {
    name: 'picker that learns everything 0.25 s late',
    reports: { delaySeconds: 0.25 },
    checks: { intervalSeconds: 30, initialJitterSeconds: 30 },
  },
  { name: 'checks every 1 s, all at once', checks: { intervalSeconds: 1 } },
  { name: 'checks every 1 s, spread', checks: { intervalSeconds: 1, initialJitterSeconds: 1 } },
  { name: 'checks every 2.5 s, spread', checks: { intervalSeconds: 2.5, initialJitterSeconds: 2.5 } },
  {
    name: 'full pods unhealthy: checks every 0.5 s, of full ones every 5 s',
    checks: { intervalSeconds: 0.5, fullIntervalSeconds: 5, initialJitterSeconds: 5, full: 'unhealthy' },
  },
  {
    name: 'full pods unhealthy: checks every 0.2 s, of full ones every 5 s',
    checks: { intervalSeconds: 0.2, fullIntervalSeconds: 5, initialJitterSeconds: 5, full: 'unhealthy' },
  },
];

export interface Goal {
  fleet: Omit<Setting, 'seed' | 'seconds' | 'warmUpSeconds' | 'checks' | 'reports'>;
  seconds: number;
  rows: ({
    name: string;
    picker: boolean;
    /** Of one edge, when as many slots are free as here. */
    checksPerSecond: number;
    /** Shares within one try, two, three, and so on. */
    within: number[];
  } & Omit<Outcome, 'servedWithin'>)[];
}

/** An hour of churn, each way. */
export function measureGoal(seconds: number): Goal {
  return {
    fleet,
    seconds,
    rows: ways.map(({ name, ...way }) => {
      const { intervalSeconds = 0, fullIntervalSeconds = intervalSeconds } = way.checks ?? {};
      const { servedWithin, ...outcome } = simulate({ ...fleet, ...way, seconds });
      return {
        ...{ name, picker: way.reports !== undefined, ...outcome },
        checksPerSecond:
          fleet.freeSlots / intervalSeconds + (fleet.pods - fleet.freeSlots) / fullIntervalSeconds,
        within: servedWithin.map((_, n) => servedShare({ ...outcome, servedWithin }, n + 1)),
      };
    }),
  };
}
