import { randomOf } from '../simulator/random.ts';
import { servedShare } from '../simulator/setting.ts';
import { simulate } from '../simulator/simulate.ts';
import type { Surroundings } from './fleet.ts';
import { type Measured, measure } from './measure.ts';
import { type Case, cases, settingOf } from './settings.ts';

/** Simulated runs for a real one. */
const SIMULATED = 20;

export interface Size {
  pods: number;
  edges: number;
  /** Real upgrades of each case, all runs together. */
  attempts: number;
  /** Fleets started for each case: when the checks of an edge begin is one more matter of chance. */
  runs: number;
}

export interface Calibration extends Size {
  machine: string;
  /** ISO 8601, UTC. */
  date: string;
  rows: ({
    /** Of the case, from 1. */
    number: number;
    case: Case;
    pods: number;
    edges: number;
    freeSlots: number;
    admissionsPerSecond: number;
    /** Share of the upgrades that found a slot. */
    simulated: number;
    real: number;
    /** Half of the 95 % confidence interval of the real share. */
    plusMinus: number;
  } & Measured)[];
}

/** Runs each case for real and simulated. */
export async function calibrate(
  size: Size,
  surroundings: Omit<Surroundings, 'random' | 'network'> & { network: () => string },
  only: readonly number[],
  log: (line: string) => void,
): Promise<Omit<Calibration, 'machine' | 'date'>> {
  const rows: Calibration['rows'] = [];
  for (const [n, each] of cases.entries()) {
    if (only.length > 0 && !only.includes(n + 1)) continue;
    const { pods, edges, attempts, runs } = size;
    const { admissionsPerSecond, freeSlots } = settingOf(each, { pods, edges, seed: 0, seconds: 0 });
    const seconds = attempts / runs / admissionsPerSecond;
    const measured: Measured = { servable: 0, served: 0, odd: 0, lateSeconds: 0 };
    const simulated = { servable: 0, served: 0 };
    for (let run = 0; run < runs; run++) {
      log(
        `calibration: case ${n + 1} of ${cases.length}, run ${run + 1} of ${runs}, ${Math.round(seconds)} s`,
      );
      const setting = settingOf(each, { pods, edges, seconds, seed: run });
      const random = randomOf(1000 * n + run);
      const network = surroundings.network();
      const { servable, served, odd, lateSeconds } = await measure(setting, {
        ...surroundings,
        network,
        random,
      });
      measured.servable += servable;
      measured.served += served;
      measured.odd += odd;
      measured.lateSeconds = Math.max(measured.lateSeconds, lateSeconds);
      for (let again = 0; again < SIMULATED; again++) {
        const outcome = simulate({ ...setting, seed: run * SIMULATED + again });
        simulated.servable += outcome.servable;
        simulated.served += servedShare(outcome, setting.tries) * outcome.servable;
      }
    }
    const row = {
      ...{ number: n + 1, case: each, pods, edges, freeSlots, admissionsPerSecond, ...measured },
      simulated: simulated.served / simulated.servable,
      real: measured.served / measured.servable,
      plusMinus: halfInterval(measured),
    };
    rows.push(row);
    log(`    simulated ${row.simulated}, real ${row.real} ± ${row.plusMinus}`);
    if (measured.lateSeconds > each.checks.intervalSeconds / 10) {
      log(
        `    answers, so checks, came up to ${measured.lateSeconds} s late: measure again on a quiet machine`,
      );
    }
  }
  return { ...size, rows };
}

/** Half of Wilson's 95 % interval of a share. */
function halfInterval({ served, servable: n }: Pick<Measured, 'served' | 'servable'>): number {
  const z = 1.96;
  const p = served / n;
  return (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
}
