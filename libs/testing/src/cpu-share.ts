import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

/** The control group of a process whose CPU time is bounded. */
interface CpuShare {
  /** Gives the process no more than its share from now on. */
  hold(pid: number): void;
  /** To be called when the process has ended. */
  remove(): void;
}

const PERIOD_US = 100_000;

let groups = 0;

/**
 * A control group that gives its process `millicores`, as a container's limit does.
 *
 * @returns undefined where this user may not make one, or on another system than Linux
 */
export function cpuShare(millicores: number): CpuShare | undefined {
  const quota = (millicores * PERIOD_US) / 1000;
  const name = `cpu-share-${process.pid}-${++groups}`;
  const kinds = [
    { folder: `/sys/fs/cgroup/${name}`, limits: { 'cpu.max': `${quota} ${PERIOD_US}` } },
    {
      folder: `/sys/fs/cgroup/cpu/${name}`,
      limits: { 'cpu.cfs_period_us': String(PERIOD_US), 'cpu.cfs_quota_us': String(quota) },
    },
  ];
  for (const { folder, limits } of kinds) {
    try {
      mkdirSync(folder);
      for (const [file, value] of Object.entries(limits)) {
        readFileSync(`${folder}/${file}`);
        writeFileSync(`${folder}/${file}`, value);
      }
    } catch {
      remove(folder);
      continue;
    }
    return {
      hold: (pid) => writeFileSync(`${folder}/cgroup.procs`, String(pid)),
      remove: () => remove(folder),
    };
  }
  return undefined;
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // There is none, or its process has not quite ended: an empty group costs nothing.
  }
}
