import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imagesFolder } from '@envoy-poc/layers';
import { PushImagesError } from '../errors.ts';
import { unfinished } from '../unfinished.ts';
import type { Published, Publisher } from './publisher.ts';

/** What was pushed last for each stack, by its name. */
type Records = Record<string, Partial<Published>>;

/**
 * Has a publisher leave what the workloads layer of a stack reads, beside what it is for other stacks, and the SBOM, in
 * {@link imagesFolder}. The same image leaves the same bytes.
 */
export function recorded(publisher: Publisher, root: string, stack: string): Publisher {
  const folder = join(root, imagesFolder);
  return {
    async publish(image) {
      const published = await publisher.publish(image);
      const { action: _, missing: __, present: ___, ...record } = published;
      const file = join(folder, `${image.app}.json`);
      try {
        await mkdir(folder, { recursive: true });
        await replaceFile(join(folder, `${image.app}.cdx.json`), image.sbom);
        const stacks = Object.entries({ ...(await readRecords(file)), [stack]: record });
        const sorted = Object.fromEntries(stacks.sort(([a], [b]) => (a < b ? -1 : 1)));
        await replaceFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
      } catch (error) {
        throw new PushImagesError(
          'ERR_OUTPUT',
          `${record.reference} is pushed, and ${file}, where the workloads layer reads that, cannot be written: ` +
            `${error instanceof Error ? error.message : error}.`,
          {
            value: file,
            nextStep: 'Make the folder writable and push again: nothing is sent twice.',
            cause: error,
          },
        );
      }
      return published;
    },
  };
}

/** What the file says; nothing where there is none, or one of another kind. */
async function readRecords(file: string): Promise<Records> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    const stacks: Records = JSON.parse(text);
    return Object.fromEntries(Object.entries(stacks).filter(([, record]) => record.reference !== undefined));
  } catch {
    return {};
  }
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await using part = unfinished(`${path}.${process.pid}.part`);
  await writeFile(part.path, content);
  await rename(part.path, path);
}
