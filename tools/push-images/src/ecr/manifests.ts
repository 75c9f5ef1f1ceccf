import {
  BatchGetImageCommand,
  type Image as EcrImage,
  ImageAlreadyExistsException,
  type ImageIdentifier,
  ImageTagAlreadyExistsException,
  PutImageCommand,
} from '@aws-sdk/client-ecr';
import { PushImagesError } from '../errors.ts';
import type { ManifestDocument } from '../oci/image.ts';
import { manifestMediaTypes } from '../oci/media-types.ts';
import type { EcrTarget } from './repository.ts';

/** BatchGetImage takes at most 100 image ids: ECR API reference. */
const imagesACall = 100;

/** The manifests that a repository holds of those asked for, and what a tag names there. */
export interface StoredManifests {
  /** The text of each manifest, by its digest. */
  readonly texts: ReadonlyMap<string, string>;
  /** The digest that the tag names, if there is such a tag. */
  readonly tagged: string | undefined;
}

/** Asks for manifests by digest, and for the one that a tag names, if a tag is given. */
export async function storedManifests(
  target: EcrTarget,
  digests: readonly string[],
  tag: string | undefined,
  signal: AbortSignal,
): Promise<StoredManifests> {
  const ids: ImageIdentifier[] = digests.map((imageDigest) => ({ imageDigest }));
  if (tag !== undefined) ids.push({ imageTag: tag });
  const texts = new Map<string, string>();
  let tagged: string | undefined;
  for (let start = 0; start < ids.length; start += imagesACall) {
    for (const { imageId, imageManifest } of await getImages(
      target,
      ids.slice(start, start + imagesACall),
      signal,
    )) {
      if (imageId?.imageDigest && imageManifest) texts.set(imageId.imageDigest, imageManifest);
      if (tag !== undefined && imageId?.imageTag === tag) tagged = imageId.imageDigest;
    }
  }
  return { texts, tagged };
}

async function getImages(
  { client, repository }: EcrTarget,
  imageIds: ImageIdentifier[],
  signal: AbortSignal,
): Promise<EcrImage[]> {
  const command = new BatchGetImageCommand({
    registryId: repository.registryId,
    repositoryName: repository.name,
    imageIds,
    acceptedMediaTypes: [...manifestMediaTypes],
  });
  return (await client.send(command, { abortSignal: signal })).images ?? [];
}

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
  const { client, repository } = target;
  const { digest, mediaType } = manifest.descriptor;
  const command = new PutImageCommand({
    registryId: repository.registryId,
    repositoryName: repository.name,
    imageManifest: new TextDecoder().decode(manifest.bytes),
    imageManifestMediaType: mediaType,
    imageDigest: digest,
    ...(tag ? { imageTag: tag } : {}),
  });
  try {
    const { image } = await client.send(command, { abortSignal: signal });
    if (image?.imageId?.imageDigest === digest) return;
    throw new PushImagesError(
      'ERR_READ_BACK',
      `${repository.url} was sent manifest ${digest} and says that it holds ${image?.imageId?.imageDigest}.\n` +
        'Something on the way changes content. No tag was set; push again.',
    );
  } catch (error) {
    const exists =
      error instanceof ImageAlreadyExistsException || error instanceof ImageTagAlreadyExistsException;
    if (!exists) throw error;
    if (tag) await checkTag(target, tag, digest, signal);
  }
}

async function checkTag(target: EcrTarget, tag: string, digest: string, signal: AbortSignal): Promise<void> {
  const [named] = await getImages(target, [{ imageTag: tag }], signal);
  const there = named?.imageId?.imageDigest;
  if (there === digest) return;
  throw new PushImagesError(
    'ERR_TAG_CONFLICT',
    `tag ${tag} of ${target.repository.url} is immutable and names ${there ?? 'another image'};\n` +
      `this build is ${digest}. The tag was not moved.\n` +
      'Push under another --tag, or leave --tag out for one that says its content.',
  );
}
