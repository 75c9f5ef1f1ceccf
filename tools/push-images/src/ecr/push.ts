import { LayersNotFoundException, ReferencedImagesNotFoundException } from '@aws-sdk/client-ecr';
import pMap from 'p-map';
import { blobsOf, type Image, type ImageBlob, manifestsOf } from '../oci/image.ts';
import { availableLayers } from './availability.ts';
import { putManifest, storedManifests } from './manifests.ts';
import { readBack } from './read-back.ts';
import type { EcrTarget } from './repository.ts';
import { checkLayerSize, uploadLayer } from './upload-layer.ts';

/** What a push has to move. */
export interface PushPlan {
  /** Layers and configurations that the registry lacks. */
  readonly missing: readonly ImageBlob[];
  /** Those it has. */
  readonly present: readonly ImageBlob[];
}

/** Told of each step of a push; sizes in bytes. */
export interface PushListener {
  onLayer?(digest: string, confirmedBytes: number, size: number): void;
}

/** Layers uploaded at the same time; the parts of each go one after the other. */
const parallelLayers = 4;
/** Pushes of an image in a row, each because something that was there is gone again. */
const maximumRounds = 3;

/**
 * Finds out what a push would move.
 *
 * @throws {PushImagesError} ERR_LAYER for a layer that ECR would refuse.
 */
export async function planPush(target: EcrTarget, image: Image, signal: AbortSignal): Promise<PushPlan> {
  const blobs = blobsOf(image);
  for (const blob of blobs) checkLayerSize(blob);
  const digests = blobs.map(({ descriptor }) => descriptor.digest);
  const available = await availableLayers(target, digests, signal);
  return {
    missing: blobs.filter(({ descriptor }) => !available.has(descriptor.digest)),
    present: blobs.filter(({ descriptor }) => available.has(descriptor.digest)),
  };
}

/**
 * Pushes an image: missing layers, then manifests (children before their index), all by digest; reads the whole
 * back, compares, and only then sets the tag. Interrupted anywhere it leaves the tag as it was, and a second run
 * sends only what is still missing.
 *
 * @returns what it found to be missing and sent
 * @throws {PushImagesError} ERR_LAYER, ERR_DIGEST, ERR_REGISTRY, ERR_TAG_CONFLICT, ERR_READ_BACK
 */
export async function pushImage(
  target: EcrTarget,
  image: Image,
  tag: string,
  signal: AbortSignal,
  listener: PushListener = {},
): Promise<PushPlan> {
  for (let round = 1; ; round++) {
    const plan = await planPush(target, image, signal);
    await uploadLayers(target, plan.missing, signal, listener);
    try {
      await putMissingManifests(target, image, signal);
    } catch (error) {
      // A layer or child that was there a moment ago may be gone: a lifecycle policy, or somebody's clean-up.
      const gone =
        error instanceof LayersNotFoundException || error instanceof ReferencedImagesNotFoundException;
      if (gone && round < maximumRounds) continue;
      throw error;
    }
    await readBack(target, image, signal);
    await putManifest(target, image.root, tag, signal);
    return plan;
  }
}

async function uploadLayers(
  target: EcrTarget,
  blobs: readonly ImageBlob[],
  signal: AbortSignal,
  listener: PushListener,
): Promise<void> {
  // The first layer to fail stops the others.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const upload = async (blob: ImageBlob) => {
    const { digest, size } = blob.descriptor;
    listener.onLayer?.(digest, 0, size);
    await uploadLayer(target, blob, either, (bytes) => listener.onLayer?.(digest, bytes, size));
  };
  try {
    await pMap(blobs, upload, { concurrency: parallelLayers });
  } finally {
    failed.abort();
  }
}

async function putMissingManifests(target: EcrTarget, image: Image, signal: AbortSignal): Promise<void> {
  const manifests = manifestsOf(image);
  const digests = manifests.map(({ descriptor }) => descriptor.digest);
  const stored = await storedManifests(target, digests, signal);
  for (const manifest of manifests) {
    if (!stored.has(manifest.descriptor.digest)) await putManifest(target, manifest, undefined, signal);
  }
}
