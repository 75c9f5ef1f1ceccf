import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Calibration } from './calibration/calibrate.ts';
import type { Goal } from './goal.ts';
import type { Law } from './law.ts';

/** A table that was measured elsewhere. */
export interface Table {
  title: string;
  text: string;
  columns: string[];
  rows: (string | number)[][];
}

/** What has been measured so far. */
export interface Results {
  calibration?: Calibration;
  law?: Law;
  goal?: Goal;
  /** Limits of the parts that everything stands on: DNS, health checks, the picker. */
  walls?: Table[];
}

export function resultFile(name: keyof Results): string {
  return join(import.meta.dirname, 'results', `${name}.json`);
}

export async function readResults(): Promise<Results> {
  const names = ['calibration', 'law', 'goal', 'walls'] as const;
  const there = names.filter((name) => existsSync(resultFile(name)));
  const read = there.map(async (name) => [name, JSON.parse(await readFile(resultFile(name), 'utf8'))]);
  return Object.fromEntries(await Promise.all(read));
}
