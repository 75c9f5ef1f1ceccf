import { spawn } from 'node:child_process';

/**
 * Reads `watch PID`, `forget PID` and `done` from stdin. When stdin ends without `done`, whoever wrote
 * there is gone (SIGKILL and crashes included): ends what is still watched and removes the files named
 * as arguments.
 */
const script = `
trap '' INT TERM HUP QUIT
pids=' '
while read -r verb pid; do
  case $verb in
    watch) pids="$pids$pid " ;;
    forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
    done) exit 0 ;;
  esac
done
for pid in $pids; do kill -TERM "$pid" 2>/dev/null; kill -CONT "$pid" 2>/dev/null; done
for wait in 1 2 3 4 5 6 7 8; do
  left=
  for pid in $pids; do kill -0 "$pid" 2>/dev/null && left="$left $pid"; done
  [ -z "$left" ] && break
  sleep 0.5
done
for pid in $left; do kill -KILL "$pid" 2>/dev/null; done
rm -f "$@"
`;

/** Outlives this process just long enough to end its children. */
export interface Reaper {
  watch(pid: number): void;
  forget(pid: number): void;
  /** Lets the reaper go: nothing is left to end. */
  release(): void;
}

/** @param files removed as well when this process dies */
export function startReaper(files: readonly string[]): Reaper {
  const reaper = spawn('/bin/sh', ['-c', script, 'reaper', ...files], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  const say = (line: string) => reaper.stdin.write(`${line}\n`);
  return {
    watch: (pid) => say(`watch ${pid}`),
    forget: (pid) => say(`forget ${pid}`),
    release: () => reaper.stdin.end('done\n'),
  };
}
