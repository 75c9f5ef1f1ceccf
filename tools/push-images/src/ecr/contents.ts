import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  type Image as EcrImage,
  type ImageIdentifier,
} from '@aws-sdk/client-ecr';
import { blobsOf, type Image, type ImageBlob, type ManifestDocument, manifestsOf } from '../oci/image.ts';
import { manifestMediaTypes } from '../oci/media-types.ts';
import { type EcrTarget, inRepository } from './repository.ts';

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
  const ids: ImageIdentifier[] = digestsOf(manifests).map((imageDigest) => ({ imageDigest }));
  if (tag !== undefined) ids.push({ imageTag: tag });
  const [available, images] = await Promise.all([
    availableLayers(target, digestsOf(blobs), signal),
    storedImages(target, ids, signal),
  ]);
  const texts = new Map(images.map(({ imageId, imageManifest }) => [imageId?.imageDigest, imageManifest]));
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
    missingManifests: manifests.filter(({ descriptor }) => texts.get(descriptor.digest) === undefined),
    tagged: images.find(({ imageId }) => tag !== undefined && imageId?.imageTag === tag)?.imageId
      ?.imageDigest,
    differences,
  };
}

/** BatchCheckLayerAvailability takes at most 100 digests, BatchGetImage at most 100 image ids: ECR API reference. */
const idsACall = 100;

/**
 * Which of some layers a repository holds, with their sizes in bytes where it says them. Only `AVAILABLE` counts: a layer that is
 * archived or unknown has to be sent.
 */
export async function availableLayers(
  target: EcrTarget,
  digests: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number | undefined>> {
  const available = new Map<string, number | undefined>();
  for (let start = 0; start < digests.length; start += idsACall) {
    const layerDigests = digests.slice(start, start + idsACall);
    const command = new BatchCheckLayerAvailabilityCommand({ ...inRepository(target), layerDigests });
    const { layers = [] } = await target.client.send(command, { abortSignal: signal });
    for (const { layerDigest, layerAvailability, layerSize } of layers) {
      if (layerDigest && layerAvailability === 'AVAILABLE') available.set(layerDigest, layerSize);
    }
  }
  return available;
}

/** The images that a repository holds of those asked for. */
export async function storedImages(
  target: EcrTarget,
  ids: readonly ImageIdentifier[],
  signal: AbortSignal,
): Promise<EcrImage[]> {
  const found: EcrImage[] = [];
  for (let start = 0; start < ids.length; start += idsACall) {
    const command = new BatchGetImageCommand({
      ...inRepository(target),
      imageIds: ids.slice(start, start + idsACall),
      acceptedMediaTypes: [...manifestMediaTypes],
    });
    const { images = [] } = await target.client.send(command, { abortSignal: signal });
    found.push(...images);
  }
  return found;
}

function digestsOf(parts: readonly { readonly descriptor: { readonly digest: string } }[]): string[] {
  return parts.map(({ descriptor }) => descriptor.digest);
}
