import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { PushImagesError } from '../errors.ts';
import { openVerified } from '../oci/digest.ts';
import { type Descriptor, indexSchema } from '../oci/schema.ts';
import type { BaseSource } from './base.ts';

/** Where a folder in OCI image layout keeps a blob: OCI image-spec, image-layout.md. */
export function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs', ...digest.split(':'));
}

/** A base image from a folder in OCI image layout, which must hold one image. */
export function layoutSource(folder: string): BaseSource {
  const name = `oci:${folder}`;
  const content = async ({ digest }: Descriptor) => {
    const blob = await openVerified(blobPath(folder, digest), digest);
    if (blob) return blob;
    throw new PushImagesError(
      'ERR_BASE',
      `${name} lacks blob ${digest}, or its content is not what its name says.`,
      { value: digest, nextStep: 'Make the layout again.' },
    );
  };
  return {
    name,
    root: () => onlyRoot(folder),
    document: async (descriptor) => (await content(descriptor)).bytes(),
    blob: (descriptor) => ({ descriptor, content: () => content(descriptor) }),
  };
}

async function onlyRoot(folder: string): Promise<Descriptor> {
  const path = join(folder, 'index.json');
  try {
    const { manifests } = indexSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const [root, ...others] = manifests;
    if (root && others.length === 0) return root;
    throw new PushImagesError('ERR_BASE', `${path} names ${manifests.length} images; a base must be one.`, {
      value: path,
      nextStep: `Copy the one you mean to its own folder: skopeo copy oci:${folder}:TAG oci:OTHER`,
    });
  } catch (error) {
    if (error instanceof PushImagesError) throw error;
    throw new PushImagesError(
      'ERR_BASE',
      `${folder} is not a folder in OCI image layout: ${error instanceof z.ZodError ? z.prettifyError(error) : error}`,
      { value: folder, cause: error },
    );
  }
}
