import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { digestOf } from './digest.ts';

/** An error as ECR's API answers it: its name, a message and its fields. */
export class EcrFault extends Error {
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(name: string, message: string, fields: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = name;
    this.fields = fields;
  }
}

/** How the double differs from ECR's defaults; sizes in bytes. */
export interface StoreOptions {
  readonly partBytes: number;
  readonly minimumPartBytes: number;
  readonly immutableTags: boolean;
}

interface Upload {
  readonly parts: Buffer[];
  received: number;
}

/** One image's manifest as it was put. */
export interface StoredImage {
  readonly text: string;
  readonly mediaType: string;
  readonly pushedAt: number;
}

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** Media types of an index (OCI) and of a manifest list (Docker). */
const indexes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const upload = z.strictObject({ registryId: z.string(), repositoryName: z.string(), uploadId: z.string() });
const repository = upload.omit({ uploadId: true });

/** The requests that the double knows, each refused when it lacks a field or has one too many. */
export const requests = {
  BatchCheckLayerAvailability: repository.extend({ layerDigests: z.array(z.string()).min(1).max(100) }),
  InitiateLayerUpload: repository,
  UploadLayerPart: upload.extend({
    partFirstByte: z.int().nonnegative(),
    partLastByte: z.int().nonnegative(),
    layerPartBlob: z.string(),
  }),
  CompleteLayerUpload: upload.extend({ layerDigests: z.array(digest).min(1).max(100) }),
  PutImage: repository.extend({
    imageManifest: z.string().min(1),
    imageManifestMediaType: z.string().optional(),
    imageDigest: digest.optional(),
    imageTag: z.string().optional(),
  }),
  BatchGetImage: repository.extend({
    imageIds: z.array(z.object({ imageDigest: digest.optional(), imageTag: z.string().optional() })).max(100),
    acceptedMediaTypes: z.array(z.string()).optional(),
  }),
  GetDownloadUrlForLayer: repository.extend({ layerDigest: digest }),
  DescribeImages: repository.extend({ nextToken: z.string().optional(), maxResults: z.int().optional() }),
  GetAuthorizationToken: z.strictObject({ registryIds: z.array(z.string()).optional() }),
};

export type EcrOperation = keyof typeof requests;
type Request<O extends EcrOperation> = z.infer<(typeof requests)[O]>;

/** What one ECR repository holds, and the rules by which it takes more. */
export class EcrStore {
  readonly layers = new Map<string, Buffer>();
  readonly uploads = new Map<string, Upload>();
  readonly images = new Map<string, StoredImage>();
  readonly tags = new Map<string, string>();
  /** Layers that are there but not `AVAILABLE`. */
  readonly archived = new Set<string>();
  readonly options: StoreOptions;

  constructor(options: StoreOptions) {
    this.options = options;
  }

  /** Answers a request of ECR's API that needs nothing but the store; its fields are checked first. */
  perform(operation: EcrOperation, input: unknown): object {
    switch (operation) {
      case 'BatchCheckLayerAvailability':
        return this.check(requests[operation].parse(input));
      case 'InitiateLayerUpload':
        requests[operation].parse(input);
        return this.initiate();
      case 'UploadLayerPart':
        return this.part(requests[operation].parse(input));
      case 'CompleteLayerUpload':
        return this.complete(requests[operation].parse(input));
      case 'PutImage':
        return this.put(requests[operation].parse(input));
      case 'BatchGetImage':
        return this.get(requests[operation].parse(input));
      case 'DescribeImages':
        return this.describe(requests[operation].parse(input));
      default:
        throw new EcrFault('InvalidParameterException', `${operation} is not a request to the store`);
    }
  }

  check({ layerDigests }: Request<'BatchCheckLayerAvailability'>): object {
    const layers = layerDigests.flatMap((layerDigest) => {
      const layer = this.layers.get(layerDigest);
      const layerAvailability = this.archived.has(layerDigest) ? 'ARCHIVED' : 'AVAILABLE';
      return layer ? [{ layerDigest, layerAvailability, layerSize: layer.length }] : [];
    });
    const failures = layerDigests
      .filter((layerDigest) => !this.layers.has(layerDigest))
      .map((layerDigest) => ({
        layerDigest,
        failureCode: 'MissingLayerDigest',
        failureReason: 'no such layer',
      }));
    return { layers, failures };
  }

  initiate(): object {
    const uploadId = randomUUID();
    this.uploads.set(uploadId, { parts: [], received: 0 });
    return { uploadId, partSize: this.options.partBytes };
  }

  part(request: Request<'UploadLayerPart'>): object {
    const open = this.#upload(request.uploadId);
    const blob = Buffer.from(request.layerPartBlob, 'base64');
    const { partFirstByte, partLastByte, uploadId } = request;
    if (
      partFirstByte !== open.received ||
      partLastByte - partFirstByte + 1 !== blob.length ||
      blob.length === 0
    ) {
      throw new EcrFault('InvalidLayerPartException', 'the part does not follow the last one', {
        uploadId,
        lastValidByteReceived: open.received - 1,
      });
    }
    if (blob.length > this.options.partBytes)
      throw new EcrFault('InvalidParameterException', 'part too large');
    open.parts.push(blob);
    open.received += blob.length;
    return { uploadId, lastByteReceived: open.received - 1 };
  }

  complete({ uploadId, layerDigests }: Request<'CompleteLayerUpload'>): object {
    const { parts } = this.#upload(uploadId);
    if (parts.length === 0) throw new EcrFault('EmptyUploadException', 'no part was uploaded');
    if (parts.slice(0, -1).some((part) => part.length < this.options.minimumPartBytes)) {
      throw new EcrFault('LayerPartTooSmallException', 'a part other than the last is too small');
    }
    const layer = Buffer.concat(parts);
    const layerDigest = digestOf(layer);
    this.uploads.delete(uploadId);
    if (!layerDigests.includes(layerDigest)) {
      throw new EcrFault('InvalidLayerException', `the upload has digest ${layerDigest}`);
    }
    if (this.layers.has(layerDigest) && !this.archived.has(layerDigest)) {
      throw new EcrFault('LayerAlreadyExistsException', `layer ${layerDigest} exists`);
    }
    this.layers.set(layerDigest, layer);
    this.archived.delete(layerDigest);
    return { uploadId, layerDigest };
  }

  put({ imageManifest: text, imageManifestMediaType, imageDigest, imageTag }: Request<'PutImage'>): object {
    const parsed = manifestDocument.safeParse(JSON.parse(text));
    if (!parsed.success) throw new EcrFault('InvalidParameterException', z.prettifyError(parsed.error));
    const manifest = parsed.data;
    const mediaType = imageManifestMediaType ?? manifest.mediaType ?? '';
    const named = digestOf(Buffer.from(text));
    if (manifest.mediaType && manifest.mediaType !== mediaType) {
      throw new EcrFault('InvalidParameterException', 'the media type is not that of the manifest');
    }
    if (imageDigest && imageDigest !== named) {
      throw new EcrFault('ImageDigestDoesNotMatchException', `the manifest has digest ${named}`);
    }
    this.#checkReferences(mediaType, manifest);
    const known = this.images.has(named);
    const tagged = imageTag === undefined ? undefined : this.tags.get(imageTag);
    if (known && (imageTag === undefined || tagged === named)) {
      throw new EcrFault('ImageAlreadyExistsException', `image ${named} exists`);
    }
    if (tagged !== undefined && tagged !== named && this.options.immutableTags) {
      throw new EcrFault('ImageTagAlreadyExistsException', `tag ${imageTag} exists and is immutable`);
    }
    if (!known) this.images.set(named, { text, mediaType, pushedAt: Date.now() });
    if (imageTag !== undefined) this.tags.set(imageTag, named);
    return { image: { imageId: { imageDigest: named, imageTag }, imageManifest: text } };
  }

  get({ imageIds, acceptedMediaTypes }: Request<'BatchGetImage'>): object {
    const found = imageIds.map((imageId) => {
      const named = imageId.imageDigest ?? this.tags.get(imageId.imageTag ?? '');
      const image = named === undefined ? undefined : this.images.get(named);
      const accepted = !acceptedMediaTypes || (image && acceptedMediaTypes.includes(image.mediaType));
      return image && accepted
        ? { image: { imageId: { ...imageId, imageDigest: named }, imageManifest: image.text } }
        : { failure: { imageId, failureCode: 'ImageNotFound', failureReason: 'no such image' } };
    });
    return {
      images: found.flatMap(({ image }) => image ?? []),
      failures: found.flatMap(({ failure }) => failure ?? []),
    };
  }

  /** All images, three a page, so that a client which reads only the first page is found out. */
  describe({ nextToken = '0' }: Request<'DescribeImages'>): object {
    const all = [...this.images].map(([imageDigest, { text, mediaType, pushedAt }]) => ({
      imageDigest,
      imageTags: [...this.tags].filter(([, named]) => named === imageDigest).map(([tag]) => tag),
      imageSizeInBytes:
        manifestDocument.parse(JSON.parse(text)).layers?.reduce((sum, { size }) => sum + size, 0) ?? 0,
      imagePushedAt: pushedAt / 1000,
      imageManifestMediaType: mediaType,
      artifactMediaType: manifestDocument.parse(JSON.parse(text)).config?.mediaType,
    }));
    const end = Number(nextToken) + 3;
    return {
      imageDetails: all.slice(Number(nextToken), end),
      ...(end < all.length ? { nextToken: `${end}` } : {}),
    };
  }

  #upload(uploadId: string): Upload {
    const open = this.uploads.get(uploadId);
    if (open) return open;
    throw new EcrFault('UploadNotFoundException', `no upload ${uploadId}`);
  }

  #checkReferences(mediaType: string, manifest: z.infer<typeof manifestDocument>): void {
    if (indexes.includes(mediaType)) {
      if (manifest.manifests?.some((child) => !this.images.has(child.digest))) {
        throw new EcrFault('ReferencedImagesNotFoundException', 'the index names an image that is not there');
      }
      return;
    }
    const missing = [manifest.config, ...(manifest.layers ?? [])].filter(
      (blob) => blob && this.layers.get(blob.digest)?.length !== blob.size,
    );
    if (missing.length > 0)
      throw new EcrFault('LayersNotFoundException', `missing ${JSON.stringify(missing)}`);
    if (manifest.subject && !this.images.has(manifest.subject.digest)) {
      throw new EcrFault('InvalidParameterException', 'the subject is not there');
    }
  }
}

const reference = z.looseObject({ digest, size: z.int().positive(), mediaType: z.string() });
const manifestDocument = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: reference.optional(),
  layers: z.array(reference).optional(),
  manifests: z.array(reference).optional(),
  subject: reference.optional(),
});
