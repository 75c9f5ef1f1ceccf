import { join, resolve } from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import type { Context } from '../context.ts';
import { shortDigest } from '../oci/digest.ts';
import { waitingFor } from '../waiting.ts';
import { type Base, readBase } from './base.ts';
import { BlobCache } from './cache.ts';
import { credentialsFor } from './credentials.ts';
import { layoutSource } from './layout.ts';
import { parseReference } from './reference.ts';
import { registrySource } from './registry.ts';

/**
 * Reads the base image that `--base` means: `oci:DIR`, or a reference by digest to an image in a registry.
 *
 * @param platforms which to read; by default those of amd64 and arm64 that the image has
 * @throws {PushImagesError} ERR_USAGE, ERR_BASE, ERR_DIGEST
 */
export async function openBase(
  base: string,
  platforms: readonly string[] | undefined,
  { signal, progress, profile }: Context,
): Promise<Base> {
  const folder = /^oci:(.+)$/.exec(base)?.[1];
  if (folder) return readBase(layoutSource(resolve(folder)), platforms, signal);
  const reference = parseReference(base);
  const source = registrySource(reference, new BlobCache(join(cacheFolder(), 'images')), {
    credentials: (host) => credentialsFor(host, profile),
    onUnreachable: (said, next, tries) =>
      progress.note(`${reference.host} cannot be reached (${said}), trying again: ${next} of ${tries}`),
    onBytes: ({ digest, size }, bytes) => progress.moved(`base ${shortDigest(digest)}`, bytes, size),
  });
  return waitingFor(reference.host, progress, readBase(source, platforms, signal));
}
