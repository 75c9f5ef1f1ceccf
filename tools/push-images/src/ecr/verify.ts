import { createHash } from 'node:crypto';
import { GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import pMap from 'p-map';
import { PushImagesError } from '../errors.ts';
import { blobsOf, type Image } from '../oci/image.ts';
import { contentsOf } from './contents.ts';
import type { EcrTarget } from './repository.ts';

/** Layers downloaded at the same time. */
const parallelDownloads = 4;

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
  const { differences, tagged } = await contentsOf(target, image, tag, signal);
  const wrongTag = tagged === digest ? [] : [`tag ${tag} names ${tagged ?? 'nothing'}, not ${digest}`];
  if (differences.length + wrongTag.length > 0) throw different(target, [...wrongTag, ...differences]);
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

/** The error for a repository that does not hold an image as it was built. */
export function different({ repository }: EcrTarget, faults: readonly string[]): PushImagesError {
  return new PushImagesError(
    'ERR_READ_BACK',
    `${repository.url} does not hold what was built:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n` +
      'Push it (again); what is there already is not sent twice.',
  );
}
