import {
  ImageAlreadyExistsException,
  ImageTagAlreadyExistsException,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { PushImagesError } from '../errors.ts';
import type { ManifestDocument } from '../oci/image.ts';
import { storedImages } from './contents.ts';
import { type EcrTarget, inRepository } from './repository.ts';

/**
 * Puts a manifest or index into a repository, under a tag if one is given. That it is there already is success.
 *
 * @throws {PushImagesError} ERR_TAG_CONFLICT when the tag is immutable and names another image.
 */
export async function putManifest(
  target: EcrTarget,
  manifest: ManifestDocument,
  tag: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { digest, mediaType } = manifest.descriptor;
  const command = new PutImageCommand({
    ...inRepository(target),
    imageManifest: new TextDecoder().decode(manifest.bytes),
    imageManifestMediaType: mediaType,
    imageDigest: digest,
    ...(tag ? { imageTag: tag } : {}),
  });
  try {
    const { image } = await target.client.send(command, { abortSignal: signal });
    const there = image?.imageId?.imageDigest;
    if (there === digest) return;
    throw new PushImagesError(
      'ERR_READ_BACK',
      `${target.repository.url} was sent manifest ${digest} and says that it holds ${there}.`,
      { value: there, nextStep: 'Something on the way changes content. No tag was set; push again.' },
    );
  } catch (error) {
    const exists =
      error instanceof ImageAlreadyExistsException || error instanceof ImageTagAlreadyExistsException;
    if (!exists) throw error;
    if (tag) await checkTag(target, tag, digest, signal);
  }
}

async function checkTag(target: EcrTarget, tag: string, digest: string, signal: AbortSignal): Promise<void> {
  const [named] = await storedImages(target, [{ imageTag: tag }], signal);
  const there = named?.imageId?.imageDigest;
  if (there === digest) return;
  throw new PushImagesError(
    'ERR_TAG_CONFLICT',
    `tag ${tag} of ${target.repository.url} is immutable and names ${there ?? 'another image'};\n` +
      `this build is ${digest}. The tag was not moved.`,
    { value: tag, nextStep: 'Push under another --tag, or leave --tag out for one that says its content.' },
  );
}
