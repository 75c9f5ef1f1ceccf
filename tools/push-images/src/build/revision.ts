import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The state of some files in version control. */
export interface Revision {
  /** The last commit that changed any of them, in full. */
  readonly commit: string;
  /** Whether any of them differs from the commit. */
  readonly dirty: boolean;
}

/**
 * The revision of some files: the last commit that changed any of them, as far back as the clone goes: to one without
 * its history, its oldest commit made all that is in it. So the revision names an image, and is not in it.
 *
 * @returns undefined outside a git working tree
 */
export async function revisionOf(root: string, paths: readonly string[]): Promise<Revision | undefined> {
  const [log, changes] = await Promise.all([
    git(root, 'log', '-1', '--format=%H', '--', ...paths),
    git(root, 'status', '--porcelain', '--', ...paths),
  ]).catch(() => ['', '']);
  const commit = log.trim();
  return commit ? { commit, dirty: changes.trim() !== '' } : undefined;
}

/** A revision as a tag has it: its commit, and whether files differ from it. */
export function revisionName({ commit, dirty }: Revision, digits = commit.length): string {
  return `${commit.slice(0, digits)}${dirty ? '-dirty' : ''}`;
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
