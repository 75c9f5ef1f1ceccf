import { createHash } from 'node:crypto';
import { GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import pMap from 'p-map';
import { PushImagesError } from '../errors.ts';
import { blobsOf, type Image, type OnBytes } from '../oci/image.ts';
import type { Descriptor } from '../oci/schema.ts';
import { retried, TransientError } from '../retry.ts';
import { contentsOf } from './contents.ts';
import { isNoAnswerOfApi } from './explain.ts';
import { type EcrTarget, inRepository } from './repository.ts';

/** Layers downloaded at the same time. */
const parallelDownloads = 4;

/**
 * Checks that a repository holds exactly an image: its manifests byte for byte, every layer's content, downloaded and
 * hashed, and its tag where one is given.
 *
 * @throws {PushImagesError} ERR_READ_BACK, with every difference.
 */
export async function verifyImage(
  target: EcrTarget,
  image: Image,
  tag: string | undefined,
  signal: AbortSignal,
  onBytes: OnBytes = () => {},
): Promise<void> {
  const { digest } = image.root.descriptor;
  const { differences, tagged } = await contentsOf(target, image, tag, signal);
  const wrongTag =
    tag === undefined || tagged === digest ? [] : [`tag ${tag} names ${tagged ?? 'nothing'}, not ${digest}`];
  if (differences.length + wrongTag.length > 0) throw different(target, [...wrongTag, ...differences]);
  const blobs = blobsOf(image).map(({ descriptor }) => descriptor);
  const faults = await pMap(
    blobs,
    async (descriptor) => {
      const content = await retried(() => downloadedDigest(target, descriptor, signal, onBytes), { signal });
      return content === descriptor.digest
        ? []
        : [`layer ${descriptor.digest} has content of digest ${content}`];
    },
    { concurrency: parallelDownloads },
  );
  if (faults.flat().length > 0) throw different(target, faults.flat());
}

async function downloadedDigest(
  target: EcrTarget,
  descriptor: Descriptor,
  signal: AbortSignal,
  onBytes: OnBytes,
): Promise<string> {
  const asked = { ...inRepository(target), layerDigest: descriptor.digest };
  const { downloadUrl } = await target.client
    .send(new GetDownloadUrlForLayerCommand(asked), { abortSignal: signal })
    .catch((error: Error) => {
      throw noDownloads.has(error.name) || isNoAnswerOfApi(error) ? withoutDownloads(error) : error;
    });
  if (!downloadUrl) throw withoutDownloads(new Error('it names no place'));
  const response = await fetch(downloadUrl, { signal });
  if (response.status >= 500)
    throw new TransientError(`the download of ${descriptor.digest} answered ${response.status}`);
  if (!response.ok || !response.body) return `nothing (HTTP ${response.status})`;
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of response.body) {
    hash.update(chunk);
    bytes += chunk.length;
    onBytes(descriptor, bytes);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** How an endpoint says that it does not know a call. */
const noDownloads = new Set([
  'UnknownOperationException',
  'InvalidAction',
  'NotImplemented',
  'NotImplementedError',
]);

function withoutDownloads(cause: Error): PushImagesError {
  const [said] = cause.message.split('\n', 1);
  return new PushImagesError(
    'ERR_REGISTRY',
    `this endpoint has no downloads of layers (GetDownloadUrlForLayer: ${said}), so their content cannot be compared.`,
    {
      nextStep:
        'Tag, manifests, and the digests and sizes of the layers are as they were built. AWS itself has downloads.',
      cause,
    },
  );
}

/** The error for a repository that does not hold an image as it was built. */
export function different({ repository }: EcrTarget, faults: readonly string[]): PushImagesError {
  return new PushImagesError(
    'ERR_READ_BACK',
    `${repository.url} does not hold what was built:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    { value: repository.url, nextStep: 'Push it (again); what is there already is not sent twice.' },
  );
}
