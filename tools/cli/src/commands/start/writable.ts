import { access, constants, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '#runtime/errors';

/**
 * Makes the folder of a file that is to be written at the end, and sees that it can be.
 *
 * @param option what named it, such as `--report`
 * @throws {UsageError}
 */
export async function prepareFile(option: string, file: string): Promise<void> {
  try {
    await makeFolder(dirname(file));
    const existed = await exists(file);
    await (await open(file, 'a')).close();
    if (!existed) await rm(file);
  } catch (error) {
    throw notWritable(`${option} ${file}`, error, 'name a file in a folder that can be written');
  }
}

function notWritable(what: string, cause: unknown, nextStep: string): UsageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new UsageError(`${what} cannot be written (${code ?? message}); ${nextStep}`, { cause });
}

/** Makes a folder and those above it. Node's own way never comes back from a folder that cannot be, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return;
    if (code !== 'ENOENT' || (await exists(dirname(folder)))) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

/** Writes a report, or says on stderr why it could not be. */
export async function writeReport(file: string, report: object): Promise<boolean> {
  try {
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(
      `--report ${file} could not be written (${code ?? message}), though it could before the run`,
    );
    return false;
  }
}

/**
 * Makes the folder of a run, and sees that files can be made there.
 * @throws {UsageError}
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    const probe = join(folder, '.writable');
    await (await open(probe, 'w')).close();
    await rm(probe);
  } catch (error) {
    throw notWritable(folder, error, 'a run keeps its state there: run it in a clone that can be written');
  }
}
