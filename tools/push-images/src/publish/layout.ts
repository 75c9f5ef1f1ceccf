import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PushImagesError } from '../errors.ts';
import { tar } from '../oci/tar.ts';
import { unfinished } from '../unfinished.ts';
import { layoutFiles, type NamedImage } from './layout-files.ts';
import { factsOf, type Publisher } from './publisher.ts';

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
  throw new PushImagesError('ERR_USAGE', `--output ${value} is not a place to write to.`, {
    value,
    nextStep: 'Give oci:DIR for a folder in OCI image layout, or archive:FILE.tar.',
  });
}

/** Writes all images into one layout, a folder or a tar, when it is closed. */
export function layoutPublisher(output: Output, signal: AbortSignal): Publisher {
  const images: NamedImage[] = [];
  return {
    async publish(built) {
      const { app, image, tag } = built;
      images.push({ image, name: app, reference: `localhost/${app}:${tag}` });
      return { ...factsOf(built), action: 'written', output: `${output.kind}:${output.path}` };
    },
    close: () => writeLayout(output, images, signal),
  };
}

/**
 * Writes a layout as a folder or as a tar, whole or not at all: what stood there before is replaced at the end.
 *
 * @throws {PushImagesError} ERR_OUTPUT when a folder is there that is not an OCI layout.
 */
export async function writeLayout(
  { kind, path }: Output,
  images: readonly NamedImage[],
  signal: AbortSignal,
): Promise<void> {
  if (kind === 'oci') await checkReplaceable(path);
  const files = await layoutFiles(images, signal);
  await mkdir(dirname(path), { recursive: true });
  await using part = unfinished(`${path}.${process.pid}.part`);
  if (kind === 'archive') {
    await pipeline(tar(files), createWriteStream(part.path), { signal });
  } else {
    for (const file of files) {
      const target = join(part.path, file.path);
      await mkdir(dirname(target), { recursive: true });
      const { content } = file;
      const source = content instanceof Blob ? Readable.fromWeb(content.stream()) : Readable.from([content]);
      await pipeline(source, createWriteStream(target), { signal });
    }
    await rm(path, { recursive: true, force: true });
  }
  await rename(part.path, path);
}

async function checkReplaceable(folder: string): Promise<void> {
  const there = await readdir(folder).catch((): string[] => []);
  if (there.length === 0 || there.includes('oci-layout')) return;
  throw new PushImagesError(
    'ERR_OUTPUT',
    `${folder} holds files and is not an OCI layout, so it is not replaced.`,
    { value: folder, nextStep: 'Name an empty or a new folder.' },
  );
}
