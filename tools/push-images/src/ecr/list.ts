import { type ImageDetail, paginateDescribeImages } from '@aws-sdk/client-ecr';
import { isIndex } from '../oci/media-types.ts';
import type { EcrTarget } from './repository.ts';

/** An image of a repository. */
export interface ListedImage {
  readonly tags: readonly string[];
  readonly digest: string;
  /** An index over several platforms, an image of one, or an artifact such as an SBOM. */
  readonly kind: 'index' | 'image' | 'artifact';
  /** Bytes of its layers as ECR counts them; an index has none of its own. */
  readonly sizeBytes: number | undefined;
  readonly pushedAt: Date | undefined;
}

/** Every image of a repository, the newest first. */
export async function listImages(
  { client, repository }: EcrTarget,
  signal: AbortSignal,
): Promise<ListedImage[]> {
  const input = { registryId: repository.registryId, repositoryName: repository.name };
  const images: ListedImage[] = [];
  for await (const page of paginateDescribeImages({ client }, input, { abortSignal: signal })) {
    images.push(...(page.imageDetails ?? []).map(listed));
  }
  return images.sort((a, b) => (b.pushedAt?.getTime() ?? 0) - (a.pushedAt?.getTime() ?? 0));
}

function listed(detail: ImageDetail): ListedImage {
  return {
    tags: (detail.imageTags ?? []).toSorted(),
    digest: detail.imageDigest ?? '',
    kind: kindOf(detail),
    sizeBytes: detail.imageSizeInBytes,
    pushedAt: detail.imagePushedAt,
  };
}

function kindOf({ artifactMediaType, imageManifestMediaType = '' }: ImageDetail): ListedImage['kind'] {
  if (isIndex(imageManifestMediaType)) return 'index';
  const image =
    !artifactMediaType || artifactMediaType.includes('image') || artifactMediaType.includes('container');
  return image ? 'image' : 'artifact';
}
