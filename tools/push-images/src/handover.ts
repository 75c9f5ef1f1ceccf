import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AppImage } from './app-image.ts';
import { PushImagesError } from './errors.ts';
import { unfinished } from './output/unfinished.ts';
import type { AppReport } from './report.ts';

/** What was pushed last for each stack, by its name. */
type Handover = Record<string, Omit<AppReport, 'action'>>;

/**
 * Leaves what the workloads layer of a stack reads, beside what it is for other stacks, and the SBOM. The same image
 * leaves the same bytes.
 *
 * @throws {PushImagesError} ERR_OUTPUT where the folder cannot be written to; the image is pushed all the same.
 */
export async function writeHandover(
  folder: string,
  stack: string,
  { app, sbom }: AppImage,
  report: Omit<AppReport, 'action'>,
): Promise<void> {
  const file = join(folder, `${app}.json`);
  try {
    await mkdir(folder, { recursive: true });
    await replaceFile(join(folder, `${app}.cdx.json`), sbom);
    const stacks = { ...(await readHandover(file)), [stack]: report };
    const sorted = Object.fromEntries(Object.entries(stacks).sort(([a], [b]) => (a < b ? -1 : 1)));
    await replaceFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
  } catch (error) {
    throw new PushImagesError(
      'ERR_OUTPUT',
      `${report.reference} is pushed, and ${file}, where the workloads layer reads that, cannot be written: ` +
        `${error instanceof Error ? error.message : error}.\nMake the folder writable and push again: nothing is sent twice.`,
      { cause: error },
    );
  }
}

/** What the file says; nothing where there is none, or one of another kind. */
async function readHandover(file: string): Promise<Handover> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    const stacks: Handover = JSON.parse(text);
    return Object.fromEntries(Object.entries(stacks).filter(([, report]) => report.reference !== undefined));
  } catch {
    return {};
  }
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await using part = unfinished(`${path}.${process.pid}.part`);
  await writeFile(part.path, content);
  await rename(part.path, path);
}
