import { readdirSync, readFileSync } from 'node:fs';

/**
 * Ends every process that has a text in its environment, wherever it is in the process tree: Nx and Pulumi put what
 * they start into process groups of their own. Where there is no `/proc`, ends a process group.
 */
export function killAll(text: string, group: number | undefined): void {
  for (const pid of pidsWith(text) ?? (group === undefined ? [] : [-group])) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** The processes with a text in their environment, this one left out; undefined where there is no `/proc`. */
export function pidsWith(text: string): number[] | undefined {
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
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}
