import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageDefinition } from '../apps.ts';
import { PushImagesError } from '../errors.ts';
import { digestOf } from '../oci/digest.ts';
import { gzip } from '../oci/gzip.ts';
import { tarBytes } from '../oci/tar.ts';

/** The one layer that an app adds to its base. */
export interface AppLayer {
  /** Gzipped tar. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The digest of the tar before compression. */
  readonly diffId: string;
}

/**
 * Packs an app's bundle.
 *
 * @param folder the app's folder, built
 * @throws {PushImagesError} ERR_NOT_BUILT when a file is missing, ERR_LAYER when it is empty.
 */
export async function appLayer(folder: string, app: string): Promise<AppLayer> {
  const files = await Promise.all(
    Object.entries(imageDefinition.files).map(async ([path, file]) => {
      const value = join(folder, file);
      const content = await readFile(value).catch(() => {
        throw new PushImagesError('ERR_NOT_BUILT', `${value} is not there.`, {
          value,
          nextStep: `Build the app first: npx nx run ${app}:build`,
        });
      });
      if (content.length > 0) return { path, content };
      throw new PushImagesError('ERR_LAYER', `${value} is empty, so the image could not start.`, {
        value,
        nextStep: `Build the app again: npx nx run ${app}:build --skip-nx-cache`,
      });
    }),
  );
  const archive = await tarBytes(files);
  const compressed = gzip(archive);
  const diffId = digestOf(archive);
  return { bytes: await compressed, diffId };
}
