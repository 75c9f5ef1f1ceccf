import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CheckError } from '#runtime';
import { hasCluster } from './merge.ts';

/** How long another program may hold the kubeconfig. */
const LOCK_SECONDS = 2;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

/**
 * The kubeconfig to write, as `aws eks update-kubeconfig` chooses: the first of `KUBECONFIG` that has the cluster, or
 * else the first, or else `~/.kube/config`.
 *
 * @param named by the user; goes before all of these
 * @throws {CheckError} when one of them cannot be read or is no kubeconfig
 */
export function chooseKubeconfig(
  named: string | undefined,
  env: NodeJS.ProcessEnv,
  clusterName: string,
): string {
  if (named !== undefined) return resolve(named);
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file.trim() !== '');
  const files = listed.map((file) => resolve(file.replace(/^~(?=\/)/, env.HOME ?? homedir())));
  const [first = join(env.HOME ?? homedir(), '.kube', 'config')] = files;
  const has = (file: string) => {
    const text = readKubeconfig(file);
    return text !== undefined && hasCluster(text, clusterName, file);
  };
  return files.find(has) ?? first;
}

/** The text of a kubeconfig; undefined when there is none. @throws {CheckError} when it cannot be read */
export function readKubeconfig(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(file, 'read', error);
  }
}

/**
 * Changes a kubeconfig so that at no time anything of it is lost, and nobody else can read it. Keeps kubectl away
 * meanwhile, by the lock that kubectl itself uses.
 *
 * @param change gives the new text; what it throws leaves the file as it is
 * @returns whether anything was changed
 * @throws {CheckError} when it is locked, or cannot be written
 */
export async function changeKubeconfig(
  named: string,
  change: (text: string | undefined) => string,
): Promise<boolean> {
  const file = behindLinks(named);
  const lock = `${file}.lock`;
  for (const until = Date.now() + LOCK_SECONDS * 1000; !takeLock(file, lock); ) {
    if (Date.now() > until) {
      throw new CheckError(
        `${file} is locked: another program has held ${lock} for ${LOCK_SECONDS} s or more`,
        `if none is at work any more: rm ${lock}`,
      );
    }
    await sleep(50);
  }
  // No await from here on, so that no interrupt comes between.
  try {
    const before = readKubeconfig(file);
    const after = change(before);
    if (after === before) return false;
    replace(file, after);
    return true;
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(file: string, lock: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(file, 'written', error);
  }
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw unusable(file, 'written', error);
  }
}

function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, 'w', 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw unusable(file, 'written', error);
  }
}

/** Where a link leads, so that it stays a link. */
function behindLinks(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function unusable(file: string, what: 'read' | 'written', error: unknown): CheckError {
  return new CheckError(
    `${file} cannot be ${what}: ${(error as Error).message}`,
    'mend that, or name another file with --kubeconfig',
    { cause: error },
  );
}
