import { createHash } from 'node:crypto';
import { GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import pMap from 'p-map';
import { PushImagesError } from '../errors.ts';
import { blobsOf, type Image, manifestsOf } from '../oci/image.ts';
import { availableLayers } from './availability.ts';
import { storedManifests, taggedDigest } from './manifests.ts';
import type { EcrTarget } from './repository.ts';

/** Layers downloaded at the same time. */
const parallelDownloads = 4;

/**
 * Compares what a repository holds with an image: every manifest byte for byte, every layer by digest and size.
 *
 * @throws {PushImagesError} ERR_READ_BACK, with every difference.
 */
export async function readBack(target: EcrTarget, image: Image, signal: AbortSignal): Promise<void> {
  const manifests = manifestsOf(image);
  const digests = manifests.map(({ descriptor }) => descriptor.digest);
  const stored = await storedManifests(target, digests, signal);
  const faults = manifests.flatMap(({ descriptor, bytes }) => {
    const text = stored.get(descriptor.digest);
    if (text === undefined) return [`manifest ${descriptor.digest} is not there`];
    return text === new TextDecoder().decode(bytes) ? [] : [`manifest ${descriptor.digest} has other bytes`];
  });
  const blobs = blobsOf(image).map(({ descriptor }) => descriptor);
  const available = await availableLayers(
    target,
    blobs.map(({ digest }) => digest),
    signal,
  );
  for (const { digest, size } of blobs) {
    const there = available.get(digest);
    if (there === undefined) faults.push(`layer ${digest} is not there`);
    else if (there >= 0 && there !== size) faults.push(`layer ${digest} has ${there} bytes, not ${size}`);
  }
  if (faults.length > 0) throw different(target, faults);
}

/**
 * Checks that a repository holds exactly an image: its tag, its manifests byte for byte, and every layer's content,
 * downloaded and hashed.
 *
 * @returns bytes downloaded
 * @throws {PushImagesError} ERR_READ_BACK, with every difference.
 */
export async function verifyImage(
  target: EcrTarget,
  image: Image,
  tag: string,
  signal: AbortSignal,
): Promise<number> {
  const { digest } = image.root.descriptor;
  const tagged = await taggedDigest(target, tag, signal);
  if (tagged !== digest) {
    throw different(target, [`tag ${tag} names ${tagged ?? 'nothing'}, not ${digest}`]);
  }
  await readBack(target, image, signal);
  const blobs = blobsOf(image).map(({ descriptor }) => descriptor);
  const faults = await pMap(
    blobs,
    async (descriptor) => {
      const content = await downloadedDigest(target, descriptor.digest, signal);
      return content === descriptor.digest
        ? []
        : [`layer ${descriptor.digest} has content of digest ${content}`];
    },
    { concurrency: parallelDownloads },
  );
  if (faults.flat().length > 0) throw different(target, faults.flat());
  return blobs.reduce((sum, { size }) => sum + size, 0);
}

async function downloadedDigest(
  { client, repository }: EcrTarget,
  layerDigest: string,
  signal: AbortSignal,
): Promise<string> {
  const where = { registryId: repository.registryId, repositoryName: repository.name, layerDigest };
  const { downloadUrl } = await client.send(new GetDownloadUrlForLayerCommand(where), {
    abortSignal: signal,
  });
  const response = await fetch(downloadUrl ?? '', { signal });
  if (!response.ok || !response.body) return `nothing (HTTP ${response.status})`;
  const hash = createHash('sha256');
  for await (const chunk of response.body) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

function different({ repository }: EcrTarget, faults: readonly string[]): PushImagesError {
  return new PushImagesError(
    'ERR_READ_BACK',
    `${repository.url} does not hold what was built:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n` +
      'Push it (again); what is there already is not sent twice.',
  );
}
