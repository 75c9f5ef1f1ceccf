import { blobsOf, type Image, type ImageBlob, type ManifestDocument, manifestsOf } from '../oci/image.ts';
import { availableLayers } from './availability.ts';
import { storedManifests } from './manifests.ts';
import type { EcrTarget } from './repository.ts';

/** What a repository holds of an image. */
export interface Contents {
  /** Layers and configurations that are there, and those that are not. */
  readonly present: readonly ImageBlob[];
  readonly missing: readonly ImageBlob[];
  /** Manifests that are not there, in the order in which they have to be put. */
  readonly missingManifests: readonly ManifestDocument[];
  /** What the tag names, if it is there. */
  readonly tagged: string | undefined;
  /** What is there and is not what it should be, and what is not there, each as a phrase. */
  readonly differences: readonly string[];
}

/**
 * Asks a repository what it holds of an image: which layers, of which size, and which manifests, byte for byte.
 *
 * @param manifests which to ask for; by default all of the image
 */
export async function contentsOf(
  target: EcrTarget,
  image: Image,
  tag: string | undefined,
  signal: AbortSignal,
  manifests = manifestsOf(image),
): Promise<Contents> {
  const blobs = blobsOf(image);
  const [available, { texts, tagged }] = await Promise.all([
    availableLayers(target, digestsOf(blobs), signal),
    storedManifests(target, digestsOf(manifests), tag, signal),
  ]);
  const differences = [
    ...manifests.map(({ descriptor, bytes }) => {
      const text = texts.get(descriptor.digest);
      if (text === undefined) return `manifest ${descriptor.digest} is not there`;
      return text === new TextDecoder().decode(bytes) ? '' : `manifest ${descriptor.digest} has other bytes`;
    }),
    ...blobs.map(({ descriptor: { digest, size } }) => {
      if (!available.has(digest)) return `layer ${digest} is not there`;
      const there = available.get(digest) ?? size;
      return there === size ? '' : `layer ${digest} has ${there} bytes, not ${size}`;
    }),
  ].filter(Boolean);
  return {
    present: blobs.filter(({ descriptor }) => available.has(descriptor.digest)),
    missing: blobs.filter(({ descriptor }) => !available.has(descriptor.digest)),
    missingManifests: manifests.filter(({ descriptor }) => !texts.has(descriptor.digest)),
    tagged,
    differences,
  };
}

function digestsOf(parts: readonly { readonly descriptor: { readonly digest: string } }[]): string[] {
  return parts.map(({ descriptor }) => descriptor.digest);
}
