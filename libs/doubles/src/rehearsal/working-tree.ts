import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The workspace that this package is in. */
export const root = join(import.meta.dirname, '../../../..');

/** Who commits what nobody has committed. */
const author = [
  '-c',
  'user.name=rehearsal',
  '-c',
  'user.email=rehearsal@localhost',
  '-c',
  'commit.gpgsign=false',
];

/**
 * Runs git and gives what it printed. Variables of a git that runs this, as in a hook, do not reach it.
 *
 * @throws {Error} with what git said
 */
export function git(folder: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: 'pipe', env: gitEnvironment() });
}

function gitEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
}

/**
 * Makes a repository of what the working tree holds now: its history, and one more commit for what is not committed.
 * Nothing is written into the working tree, and what `.gitignore` names stays out, as in every clone.
 */
export function repositoryOf(workingTree: string, folder: string): void {
  const clone = ['clone', '--quiet', '--no-checkout', `file://${workingTree}`, folder];
  // A working tree without its history, as in a downloaded archive, gets one of one commit.
  const cloned = spawnSync('git', clone, { env: gitEnvironment(), stdio: 'ignore' });
  if (cloned.status !== 0) git('/', 'init', '--quiet', folder);
  git(folder, `--work-tree=${workingTree}`, 'add', '--all');
  commitAll(folder, 'What is not committed');
  git(folder, 'checkout', '--quiet', '--force', '-B', 'main');
}

/** Commits what is staged in a repository, if anything is. */
export function commitAll(folder: string, message: string): void {
  if (git(folder, 'diff', '--cached', '--name-only').trim() === '' && git(folder, 'rev-list', '-1', '--all'))
    return;
  git(folder, ...author, 'commit', '--quiet', '--no-verify', `--message=${message}`);
}
