import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { PushImagesError } from './errors.ts';

/** The state of some files in version control. */
export interface Revision {
  /** The last commit that changed any of them, in full. */
  readonly commit: string;
  /** When it was made, RFC 3339 in UTC. */
  readonly date: string;
  /** Whether any of them differs from the commit. */
  readonly dirty: boolean;
}

/**
 * The revision of some files: the last commit that changed any of them, so that a commit elsewhere in the monorepo
 * leaves an image, and with it the pods, as they are.
 *
 * @returns undefined outside a git working tree
 * @throws {PushImagesError} ERR_REVISION in a clone too shallow to say.
 */
export async function revisionOf(root: string, paths: readonly string[]): Promise<Revision | undefined> {
  const [log, shallowFile, changes] = await Promise.all([
    git(root, 'log', '-1', '--format=%H %ct', '--', ...paths),
    git(root, 'rev-parse', '--git-path', 'shallow'),
    git(root, 'status', '--porcelain', '--', ...paths),
  ]).catch(() => ['', '', '']);
  const [commit, seconds] = log.trim().split(' ');
  if (!commit || !seconds) return undefined;
  const boundary = await readFile(resolve(root, shallowFile.trim()), 'utf8').catch(() => '');
  if (boundary.includes(commit)) {
    throw new PushImagesError(
      'ERR_REVISION',
      `this clone is too shallow to say which commit last changed ${paths[0]} and the rest of the bundle.\n` +
        'Fetch the history: git fetch --unshallow (in GitHub Actions: fetch-depth: 0).',
    );
  }
  return { commit, date: new Date(Number(seconds) * 1000).toISOString(), dirty: changes.trim() !== '' };
}

/** A revision as a label or tag has it: its commit, and whether files differ from it. */
export function revisionName({ commit, dirty }: Revision, digits = commit.length): string {
  return `${commit.slice(0, digits)}${dirty ? '-dirty' : ''}`;
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}
