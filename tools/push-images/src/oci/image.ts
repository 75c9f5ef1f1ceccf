import { digestOf } from './digest.ts';
import { mediaTypes } from './media-types.ts';
import type { Descriptor } from './schema.ts';

/** A blob of an image: what names it, and how to get its bytes, which may mean fetching them first. */
export interface ImageBlob {
  readonly descriptor: Descriptor;
  content(signal?: AbortSignal): Promise<Blob>;
}

/** A manifest or index as the exact bytes that its digest names. */
export interface ManifestDocument {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An image of one platform: its manifest, its configuration and its layers, lowest first. */
export interface PlatformImage {
  readonly manifest: ManifestDocument;
  readonly config: ImageBlob;
  readonly layers: readonly ImageBlob[];
}

/** A whole image: one manifest a platform, an index over them where there is more than one, and what refers to it. */
export interface Image {
  /** What a tag and a reference name: the index, or the only manifest. */
  readonly root: ManifestDocument;
  readonly platforms: readonly PlatformImage[];
  /** Artifacts whose `subject` is the root, such as an SBOM. */
  readonly referrers: readonly PlatformImage[];
}

/** Told how much of a blob has moved. */
export type OnBytes = (descriptor: Descriptor, movedBytes: number) => void;

/** A blob held in memory. */
export function memoryBlob(mediaType: string, bytes: Uint8Array<ArrayBuffer>): ImageBlob {
  const content = new Blob([bytes]);
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
    content: async () => content,
  };
}

/** A JSON document as a blob in memory; its bytes follow the order of its keys. */
export function jsonDocument(mediaType: string, value: unknown): ManifestDocument {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

/** The manifest of one platform's image. */
export function platformManifest(config: ImageBlob, layers: readonly ImageBlob[]): ManifestDocument {
  return jsonDocument(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: config.descriptor,
    layers: layers.map((layer) => layer.descriptor),
  });
}

/** The index over several platforms' manifests, whose descriptors carry their platform. */
export function imageIndex(manifests: readonly Descriptor[]): ManifestDocument {
  return jsonDocument(mediaTypes.index, { schemaVersion: 2, mediaType: mediaTypes.index, manifests });
}

/** Every manifest and index of an image in the order a registry must get them: children, index, referrers. */
export function manifestsOf(image: Image): ManifestDocument[] {
  const children = image.platforms.map(({ manifest }) => manifest);
  const root = children.includes(image.root) ? [] : [image.root];
  return [...children, ...root, ...image.referrers.map(({ manifest }) => manifest)];
}

/** Every blob of an image, each once, the largest first. */
export function blobsOf(image: Image): ImageBlob[] {
  const blobs = [...image.platforms, ...image.referrers].flatMap(({ config, layers }) => [config, ...layers]);
  const byDigest = new Map(blobs.map((blob) => [blob.descriptor.digest, blob]));
  return [...byDigest.values()].sort((a, b) => b.descriptor.size - a.descriptor.size);
}
