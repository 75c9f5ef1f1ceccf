import type { Setting } from '../simulator/setting.ts';

/** What is varied; figures are for {@link STANDARD_PODS} pods, fewer get their part of the slots and admissions. */
export interface Case
  extends Pick<Setting, 'freeSlots' | 'admissionsPerSecond' | 'tries' | 'order' | 'reports'> {
  checks: NonNullable<Setting['checks']>;
}

const STANDARD_PODS = 200;

const second = { intervalSeconds: 1 };
/** As edges have it. Checks that begin all at once drift apart within minutes, which the simulator leaves out. */
const spread = { intervalSeconds: 1, initialJitterSeconds: 1 };

export const cases: readonly Case[] = [
  { order: 'same', checks: spread, freeSlots: 100, admissionsPerSecond: 20, tries: 2 },
  { order: 'same', checks: spread, freeSlots: 40, admissionsPerSecond: 40, tries: 6 },
  { order: 'same', checks: spread, freeSlots: 40, admissionsPerSecond: 18, tries: 3 },
  { order: 'own', checks: second, freeSlots: 40, admissionsPerSecond: 27, tries: 4 },
  { order: 'own', checks: spread, freeSlots: 40, admissionsPerSecond: 40, tries: 6 },
  { order: 'own', checks: spread, freeSlots: 20, admissionsPerSecond: 40, tries: 11 },
  {
    order: 'own',
    checks: { intervalSeconds: 0.25, fullIntervalSeconds: 2, initialJitterSeconds: 2, full: 'unhealthy' },
    ...{ freeSlots: 80, admissionsPerSecond: 40, tries: 3 },
  },
  {
    order: 'same',
    checks: second,
    ...{ freeSlots: 20, admissionsPerSecond: 40, tries: 4, reports: { delaySeconds: 0 } },
  },
  {
    order: 'same',
    checks: second,
    ...{ freeSlots: 20, admissionsPerSecond: 40, tries: 4, reports: { delaySeconds: 0.5 } },
  },
];

/** A case as a setting of the simulator. */
export function settingOf(
  { freeSlots, admissionsPerSecond, ...others }: Case,
  size: Pick<Setting, 'pods' | 'edges' | 'seed' | 'seconds'>,
): Setting {
  const part = size.pods / STANDARD_PODS;
  return {
    ...others,
    ...size,
    ...{ slotsPerPod: 2, workers: 1, warmUpSeconds: 10 },
    freeSlots: Math.round(freeSlots * part),
    admissionsPerSecond: admissionsPerSecond * part,
  };
}
