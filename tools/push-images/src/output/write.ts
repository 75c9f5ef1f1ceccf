import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PushImagesError } from '../errors.ts';
import { type TarFile, tar } from '../oci/tar.ts';
import { unfinished } from './unfinished.ts';

/** Where images are written instead of a registry. */
export interface Output {
  readonly kind: 'oci' | 'archive';
  readonly path: string;
}

/**
 * Reads `oci:DIR` or `archive:FILE`.
 *
 * @throws {PushImagesError} ERR_USAGE
 */
export function parseOutput(value: string): Output {
  const [, kind, path] = /^(oci|archive):(.+)$/.exec(value) ?? [];
  if ((kind === 'oci' || kind === 'archive') && path) return { kind, path };
  throw new PushImagesError(
    'ERR_USAGE',
    `--output ${value} is not a place to write to. Give oci:DIR for a folder in OCI image layout, or archive:FILE.tar.`,
  );
}

/**
 * Writes the files of a layout as a folder or as a tar, whole or not at all: what stood there before is replaced at
 * the end.
 *
 * @throws {PushImagesError} ERR_OUTPUT when a folder is there that is not an OCI layout.
 */
export async function writeOutput(
  output: Output,
  files: readonly TarFile[],
  signal: AbortSignal,
): Promise<void> {
  if (output.kind === 'oci') await checkReplaceable(output.path);
  await mkdir(dirname(output.path), { recursive: true });
  await using part = unfinished(`${output.path}.${process.pid}.part`);
  if (output.kind === 'archive') {
    await pipeline(tar(files), createWriteStream(part.path), { signal });
  } else {
    for (const { path, content } of files) {
      const target = join(part.path, path);
      await mkdir(dirname(target), { recursive: true });
      const source = content instanceof Blob ? Readable.fromWeb(content.stream()) : Readable.from([content]);
      await pipeline(source, createWriteStream(target), { signal });
    }
    await rm(output.path, { recursive: true, force: true });
  }
  await rename(part.path, output.path);
}

async function checkReplaceable(folder: string): Promise<void> {
  const there = await readdir(folder).catch((): string[] => []);
  if (there.length === 0 || there.includes('oci-layout')) return;
  throw new PushImagesError(
    'ERR_OUTPUT',
    `${folder} holds files and is not an OCI layout, so it is not replaced. Name an empty or a new folder.`,
  );
}
