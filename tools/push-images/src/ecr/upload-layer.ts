import {
  CompleteLayerUploadCommand,
  EmptyUploadException,
  InitiateLayerUploadCommand,
  InvalidLayerException,
  InvalidLayerPartException,
  LayerAlreadyExistsException,
  LayerPartTooSmallException,
  UploadNotFoundException,
} from '@aws-sdk/client-ecr';
import { PushImagesError } from '../errors.ts';
import type { ImageBlob } from '../oci/image.ts';
import type { Descriptor } from '../oci/schema.ts';
import { availableLayers } from './contents.ts';
import { partRequests, uploadPartCommand } from './part-request.ts';
import { type EcrTarget, inRepository } from './repository.ts';

const mebibyte = 1024 * 1024;
/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html: maximum layer size. */
const maximumLayerBytes = 52_000 * mebibyte;
/** The same page: layer parts. */
const maximumParts = 4_200;
/** Whole uploads of one layer, each begun anew when the registry lost the one before. */
const maximumUploads = 3;

/**
 * Refuses a layer that ECR would refuse, before any byte moves.
 *
 * @throws {PushImagesError} ERR_LAYER
 */
export function checkLayerSize({ descriptor }: ImageBlob): void {
  const { digest: value, size } = descriptor;
  if (size === 0) {
    throw new PushImagesError(
      'ERR_LAYER',
      `layer ${value} is empty: ECR has no upload without bytes, and no image needs such a layer.`,
      { value, nextStep: 'Whatever wrote it was cut short: build it again.' },
    );
  }
  if (size > maximumLayerBytes) {
    throw new PushImagesError(
      'ERR_LAYER',
      `layer ${value} has ${size} bytes; ECR takes at most ${maximumLayerBytes} (52,000 MiB).`,
      { value, nextStep: 'Split it, or use a smaller base image.' },
    );
  }
}

/**
 * Uploads one layer, of a size that ECR takes: parts in order, of the size the registry asks for, each from where the registry says it is.
 * An upload that the registry lost starts anew. That the layer is there already counts as success.
 *
 * @throws {PushImagesError} ERR_LAYER, ERR_DIGEST or ERR_REGISTRY when the registry does not take it.
 */
export async function uploadLayer(
  target: EcrTarget,
  blob: ImageBlob,
  signal: AbortSignal,
  onBytes: (confirmedBytes: number) => void,
): Promise<void> {
  const { digest } = blob.descriptor;
  const content = await blob.content(signal);
  let fault: unknown;
  for (let upload = 0; upload < maximumUploads; upload++) {
    try {
      await uploadOnce(target, blob, content, signal, onBytes);
      return;
    } catch (error) {
      if (error instanceof LayerAlreadyExistsException) return;
      if (!isLostUpload(error)) throw error;
      // The answer to the completing call may have been lost, not the layer.
      if ((await availableLayers(target, [digest], signal)).has(digest)) return;
      fault = error;
    }
  }
  throw new PushImagesError(
    'ERR_REGISTRY',
    `the registry did not take layer ${digest} in ${maximumUploads} uploads; last it said: ` +
      `${fault instanceof Error ? `${fault.name}: ${fault.message}` : fault}.`,
    {
      value: digest,
      nextStep: 'Nothing half-done is left behind. Run the push again; what did arrive is not sent twice.',
      cause: fault,
    },
  );
}

function isLostUpload(error: unknown): boolean {
  return (
    error instanceof UploadNotFoundException ||
    error instanceof InvalidLayerPartException ||
    error instanceof InvalidLayerException ||
    error instanceof LayerPartTooSmallException ||
    error instanceof EmptyUploadException
  );
}

async function uploadOnce(
  target: EcrTarget,
  { descriptor }: ImageBlob,
  content: Blob,
  signal: AbortSignal,
  onBytes: (confirmedBytes: number) => void,
): Promise<void> {
  const { client } = target;
  const where = inRepository(target);
  const begun = await client.send(new InitiateLayerUploadCommand(where), { abortSignal: signal });
  const partSize = checkedPartSize(descriptor, begun.partSize);
  const upload = { ...where, uploadId: begun.uploadId };
  const parts = partRequests(content, partSize, upload);
  let part = await parts.make(0);
  for (let received = -1; received + 1 < descriptor.size; ) {
    const { first, last } = part;
    const sending = client.send(uploadPartCommand(part, upload), { abortSignal: signal }).then(
      (answer) => within(answer.lastByteReceived ?? last, first, last, notFollowing),
      // An earlier try of this part, or some of it, may have arrived.
      (error: unknown) => within(lastValidByte(error), first, last, error),
    );
    // The next part is made while this one is on its way.
    const [confirmed, following] = await Promise.all([sending, parts.make(last + 1)]);
    received = confirmed;
    part = received === last ? following : await parts.make(received + 1);
    onBytes(received + 1);
  }
  const sent = parts.digest();
  if (sent !== descriptor.digest) {
    throw new PushImagesError(
      'ERR_DIGEST',
      `layer ${descriptor.digest} changed while it was read: what was sent has digest ${sent}.`,
      {
        value: descriptor.digest,
        nextStep: 'The upload was given up before it became a layer. Run the push again.',
      },
    );
  }
  const complete = new CompleteLayerUploadCommand({ ...upload, layerDigests: [descriptor.digest] });
  await client.send(complete, { abortSignal: signal });
}

/** What is thrown where a registry takes a part and then counts other bytes than it was sent. */
const notFollowing = new InvalidLayerPartException({
  message: 'the registry counts other bytes than it was sent',
  $metadata: {},
});

function lastValidByte(error: unknown): number | undefined {
  return error instanceof InvalidLayerPartException ? error.lastValidByteReceived : undefined;
}

/** The last byte that a registry says it has, where that lies within the part just sent; else throws. */
function within(received: number | undefined, first: number, last: number, otherwise: unknown): number {
  if (received !== undefined && received >= first && received <= last) return received;
  throw otherwise;
}

function checkedPartSize(descriptor: Descriptor, partSize: number | undefined): number {
  if (partSize === undefined || partSize < 1 || descriptor.size / partSize > maximumParts) {
    throw new PushImagesError(
      'ERR_REGISTRY',
      `the registry asks for parts of ${partSize} bytes, which layer ${descriptor.digest} of ${descriptor.size} bytes ` +
        `cannot be sent in (at most ${maximumParts} parts).`,
      { value: String(partSize), nextStep: 'Is --endpoint an ECR endpoint?' },
    );
  }
  return partSize;
}
