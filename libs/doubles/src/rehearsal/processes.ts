import { readdirSync, readFileSync } from 'node:fs';

/**
 * Ends every process that has a text in its environment, wherever it is in the process tree: Nx and Pulumi put what
 * they start into process groups of their own. Where there is no `/proc`, ends process groups.
 *
 * @param groups process groups, by their ids
 */
export function killAll(text: string, groups: readonly number[]): void {
  killPids(pidsWith(text) ?? groups.map((group) => -group));
}

/** Ends processes, by their ids; those that are over already are no fault. */
export function killPids(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/**
 * The processes with a text in their environment, or command line, this one left out; undefined where there is no
 * `/proc`.
 */
export function pidsWith(text: string, where: 'environ' | 'cmdline' = 'environ'): number[] | undefined {
  let entries: string[];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  return entries
    .map(Number)
    .filter((pid) => pid !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/${where}`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}
