import { spawnSync } from 'node:child_process';

/**
 * Whether something a test needs from outside is there. If not, says so loudly; what `TEST_REQUIRES` (names with
 * commas between) lists must be there, which is how CI keeps a test from losing its tool unnoticed.
 */
export function have(name: string, present: boolean, nextStep: string): boolean {
  if (present) return true;
  const required = (process.env.TEST_REQUIRES ?? '').split(',').includes(name);
  if (required) throw new Error(`TEST_REQUIRES names ${name}, and it is not here. ${nextStep}`);
  process.stderr.write(`SKIPPED: no ${name}. ${nextStep}\n`);
  return false;
}

/** Whether a command is on PATH. */
export function haveCommand(
  name: string,
  nextStep = `Install it, for example: apt-get install ${name}`,
): boolean {
  return have(name, spawnSync('sh', ['-c', `command -v ${name}`]).status === 0, nextStep);
}
