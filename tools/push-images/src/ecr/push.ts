import { LayersNotFoundException, ReferencedImagesNotFoundException } from '@aws-sdk/client-ecr';
import pMap from 'p-map';
import {
  blobsOf,
  type Image,
  type ImageBlob,
  type ManifestDocument,
  manifestsOf,
  type OnBytes,
  type PlatformImage,
} from '../oci/image.ts';
import { type Contents, contentsOf } from './contents.ts';
import { putManifest } from './put-manifest.ts';
import type { EcrTarget } from './repository.ts';
import { checkLayerSize, uploadLayer } from './upload-layer.ts';
import { different } from './verify.ts';

/** What a push has to move, or has moved. */
export type PushPlan = Pick<Contents, 'present' | 'missing'>;

/** Layers uploaded at the same time; the parts of each go one after the other. */
const parallelLayers = 4;
/** Pushes of an image in a row, each because something that was there is gone again. */
const maximumRounds = 3;

/**
 * Finds out what a push would move.
 *
 * @throws {PushImagesError} ERR_LAYER for a layer that ECR would refuse.
 */
export async function planPush(
  target: EcrTarget,
  image: Image,
  tag: string,
  signal: AbortSignal,
): Promise<Contents> {
  for (const blob of blobsOf(image)) checkLayerSize(blob);
  return contentsOf(target, image, tag, signal);
}

/**
 * Pushes an image: missing layers, then manifests (children before their index), all by digest; reads the whole
 * back, compares, and only then sets the tag. Interrupted anywhere it leaves the tag as it was, and a second run
 * sends only what is still missing.
 *
 * @returns what it found to be missing, and sent
 * @throws {PushImagesError} ERR_LAYER, ERR_DIGEST, ERR_REGISTRY, ERR_TAG_CONFLICT, ERR_READ_BACK
 */
export async function pushImage(
  target: EcrTarget,
  image: Image,
  tag: string,
  signal: AbortSignal,
  onBytes: OnBytes = () => {},
): Promise<PushPlan> {
  const plan = await planPush(target, image, tag, signal);
  let there = plan;
  for (let round = 1; there.missing.length + there.missingManifests.length > 0; round++) {
    await uploadLayers(target, there.missing, signal, onBytes);
    try {
      there = await putManifests(target, image, tag, there, signal);
      break;
    } catch (error) {
      // A layer or child that was there a moment ago may be gone: a lifecycle policy, or somebody's clean-up.
      const gone =
        error instanceof LayersNotFoundException || error instanceof ReferencedImagesNotFoundException;
      if (!gone || round === maximumRounds) throw error;
      there = await contentsOf(target, image, tag, signal);
    }
  }
  if (there.differences.length > 0) throw different(target, there.differences);
  if (there.tagged !== image.root.descriptor.digest) await putManifest(target, image.root, tag, signal);
  return plan;
}

/**
 * Puts the manifests that a repository lacks, children before their index, and reads everything back. What refers to
 * the image, such as its SBOM, goes in meanwhile, as the answer to it is its read-back.
 */
async function putManifests(
  target: EcrTarget,
  image: Image,
  tag: string,
  { missingManifests }: Contents,
  signal: AbortSignal,
): Promise<Contents> {
  const put = (manifests: readonly ManifestDocument[]) =>
    manifests.map((manifest) => putManifest(target, manifest, undefined, signal));
  const missing = (parts: readonly PlatformImage[]) =>
    parts.map(({ manifest }) => manifest).filter((manifest) => missingManifests.includes(manifest));
  const [children, referrers] = [missing(image.platforms), missing(image.referrers)];
  await together(put(children));
  await together(put(missingManifests.filter((each) => ![...children, ...referrers].includes(each))));
  const others = manifestsOf(image).filter((each) => !referrers.includes(each));
  const readBack = contentsOf(target, image, tag, signal, others);
  await together([readBack, ...put(referrers)]);
  return readBack;
}

/** Waits for all and throws the first fault, so that nothing goes on behind the back of what comes next. */
async function together(all: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(all);
  await Promise.all(all);
}

async function uploadLayers(
  target: EcrTarget,
  blobs: readonly ImageBlob[],
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<void> {
  // The first layer to fail stops the others.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const upload = async (blob: ImageBlob) => {
    onBytes(blob.descriptor, 0);
    await uploadLayer(target, blob, either, (bytes) => onBytes(blob.descriptor, bytes));
  };
  try {
    await pMap(blobs, upload, { concurrency: parallelLayers });
  } finally {
    failed.abort();
  }
}
