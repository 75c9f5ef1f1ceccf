import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** A control group that bounds processes as a container's limits do. */
export interface Share {
  /** Moves a process there; threads and children that it has later are there too. */
  hold(pid: number): void;
  /** To be called when its processes have ended. */
  remove(): void;
}

const PERIOD_US = 100_000;

/** Longest wait for processes that were killed to leave their group, in milliseconds. */
const LEAVE_MS = 1000;

/** Groups that were not removed yet. */
const open = new Set<string>();

process.once('exit', () => {
  for (const folder of open) empty(folder);
  for (const endAt = Date.now() + LEAVE_MS; open.size > 0 && Date.now() < endAt; ) {
    for (const folder of open) removeFolder(folder);
    if (open.size > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
});

/** @returns undefined where this user may not make a control group, or on another system than Linux */
export function share(
  name: string,
  { millicores, bytes }: { millicores: number; bytes: number },
): Share | undefined {
  const quota = (millicores * PERIOD_US) / 1000;
  const root = '/sys/fs/cgroup';
  const versions: Record<string, Record<string, string>>[] = [
    { '': { 'cpu.max': `${quota} ${PERIOD_US}`, 'memory.max': String(bytes) } },
    {
      '/memory': { 'memory.limit_in_bytes': String(bytes) },
      '/cpu': { 'cpu.cfs_period_us': String(PERIOD_US), 'cpu.cfs_quota_us': String(quota) },
    },
  ];
  for (const groups of versions) {
    const folders = Object.keys(groups).map((group) => `${root}${group}/bench-${process.pid}-${name}`);
    for (const group of Object.keys(groups)) removeLeft(`${root}${group}`);
    const remove = () => folders.forEach(removeFolder);
    try {
      for (const [i, limits] of Object.values(groups).entries()) {
        mkdirSync(folders[i] ?? '');
        open.add(folders[i] ?? '');
        for (const [file, value] of Object.entries(limits)) {
          readFileSync(`${folders[i]}/${file}`);
          writeFileSync(`${folders[i]}/${file}`, value);
        }
      }
    } catch {
      remove();
      continue;
    }
    return {
      hold: (pid) => {
        for (const folder of folders) writeFileSync(`${folder}/cgroup.procs`, String(pid));
      },
      remove,
    };
  }
  return undefined;
}

/** Removes the groups of a run that was ended before it could. */
function removeLeft(parent: string): void {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const [, pid] = /^bench-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeFolder(`${parent}/${name}`);
  }
}

/** Ends what is in a group. */
function empty(folder: string): void {
  const processes = `${folder}/cgroup.procs`;
  for (const pid of existsSync(processes) ? readFileSync(processes, 'utf8').split('\n') : []) {
    try {
      if (pid !== '') process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
    open.delete(folder);
  } catch {
    // There is none, or a process in it has not quite ended.
    if (!existsSync(folder)) open.delete(folder);
  }
}
