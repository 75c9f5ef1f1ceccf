import { spawnSync } from 'node:child_process';
import type { Reaper } from '@envoy-poc/cli/start';

/** What a part needs to measure. */
export interface Setting {
  /** How often each measurement is repeated, at least. */
  rounds: number;
  /** All sizes and worker counts, which takes long. */
  full: boolean;
  /** A temporary folder. */
  folder: string;
  /** Ends child processes when this process ends, however it ends. */
  reaper: Reaper;
  /** First two numbers of loopback addresses that nothing else in this run uses. */
  network(): string;
  /** One line of progress. */
  progress(line: string): void;
}

/** A part of the benchmarks: one or more tables whose rows are measured in one run. */
export interface Part<Result = unknown> {
  /** Its name for `--only`, and of its file in `results/`. */
  name: string;
  /** One line for `--help`. */
  about: string;
  /** Returns plain JSON; undefined where something that it needs is missing, which it has said. */
  measure(setting: Setting): Promise<Result | undefined>;
  /** Its section of docs/benchmarks.md, Markdown that begins with a heading of level 2. */
  section(result: Result): string[];
  /** SVG files by name, which `section` shows as `images/NAME`. */
  plots?(result: Result): Record<string, string>;
}

/** A row of a Markdown table. */
export function row(...cells: (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

export function milliseconds(value?: number): string {
  return value === undefined || !Number.isFinite(value) ? '' : `${threeDigits(value)} ms`;
}

/** `0.43`, `12`, `310`. */
export function threeDigits(value: number): string {
  return value < 10 ? value.toFixed(2) : String(Math.round(value));
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** Median and range over rounds. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), least: Math.min(...values), most: Math.max(...values) };
}

/** `2.1 (1.9-2.5) ms`; only the median where all rounds show the same. */
export function showSpread(
  { median, least, most }: Spread,
  show: (value: number) => string = threeDigits,
  unit = '',
): string {
  const [from, to] = [show(least), show(most)];
  return [show(median), ...(from === to ? [] : [`(${from}-${to})`]), unit].join(' ').trimEnd();
}

/** The ratio of two series, round by round; empty where there is none. */
export function ratio(values: readonly number[], others: readonly number[]): string {
  const ratios = spread(values.map((value, round) => value / (others[round] ?? Number.NaN)));
  return Number.isFinite(ratios.median) ? showSpread(ratios, (value) => value.toFixed(2)) : '';
}

/** PATH with the folders in which Debian has daemons. */
export const systemPath = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Whether a program is there; says what to install if not. */
export function available(program: string, install: string): boolean {
  const { error } = spawnSync(program, ['--version'], { env: { ...process.env, PATH: systemPath } });
  if (error) console.error(`bench: SKIPPED ${program}: not on PATH; ${install}`);
  return !error;
}
