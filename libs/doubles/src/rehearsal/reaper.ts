import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/**
 * Waits until descriptor 3 ends. Without a `done` before, whoever wrote there is gone, however: ends every process that has
 * `$1` in its environment, and removes the folder `$2`. In a process of no parent, so that whoever ends all children
 * of a command does not end it.
 */
const script = `
(
  trap '' INT TERM HUP QUIT
  read -r word <&3 && [ "$word" = done ] && exit 0
  for round in 1 2 3; do
    for file in $(grep -lF -- "$1" /proc/[0-9]*/environ 2>/dev/null); do
      pid=\${file#/proc/}
      kill -KILL "\${pid%/environ}" 2>/dev/null
    done
  done
  rm -rf -- "$2"
) &
`;

/** Outlives this process just long enough to end what it started. */
export interface Reaper {
  /** Lets the reaper go: nothing is left to end. */
  release(): void;
}

/**
 * Starts what cleans up behind this process, should it die without doing so itself (SIGKILL included).
 *
 * @param mark a text in the environment of every process to end; this process must not have it in its own
 * @param folder what to remove then
 */
export function startReaper(mark: string, folder: string): Reaper {
  const reaper = spawn('/bin/sh', ['-c', script, 'reaper', mark, folder], {
    // Not stdin: Node closes that when the shell, whose child is the reaper, is over.
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    detached: true,
  });
  reaper.unref();
  const pipe = reaper.stdio[3] as Socket;
  pipe.unref();
  return { release: () => void pipe.end('done\n') };
}
