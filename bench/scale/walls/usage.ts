import { readFileSync } from 'node:fs';

/** Clock ticks a second of `/proc/<pid>/stat` (`getconf CLK_TCK`, 100 on every Linux of today). */
const TICKS = 100;

/** CPU time that a process has used, in seconds, of all its threads. */
export function cpuSeconds(pid: number): number {
  return ticks(`/proc/${pid}/stat`) / TICKS;
}

/** CPU time that the first thread of a process has used, in seconds: the main thread of an Envoy. */
export function mainThreadSeconds(pid: number): number {
  return ticks(`/proc/${pid}/task/${pid}/stat`) / TICKS;
}

/** Resident memory of a process, in MB: all of it, or what is not of files such as its program (`RssAnon`). */
export function residentMegabytes(pid: number, of: 'VmRSS' | 'RssAnon' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${of}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}

function ticks(file: string): number {
  // The name, in parentheses, may hold spaces.
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** `0.123`, `12.3`, `1,234`: three figures. */
export function figure(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return `${Number(value.toPrecision(3))}`;
}
