import { blobsOf, type Image, manifestsOf } from '../oci/image.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { TarFile } from '../oci/tar.ts';

/** An image as it is written to disk, and what it is called there. */
export interface NamedImage {
  readonly image: Image;
  /** Short name, unique in one layout: `skopeo copy oci:DIR:<name> …`. */
  readonly name: string;
  /** What the image is called once it is loaded, with a tag: `localhost/ws-server:0123456789ab`. */
  readonly reference: string;
}

/**
 * The files of an OCI image layout (OCI image-spec, image-layout.md) that holds some images, without what refers to
 * them. `manifest.json` makes the same files what `docker load` reads; Docker engines that do not know OCI layouts
 * get the first platform from it.
 */
export async function layoutFiles(images: readonly NamedImage[], signal: AbortSignal): Promise<TarFile[]> {
  const blobs = new Map<string, Blob>();
  for (const { image } of images) {
    const bare = { ...image, referrers: [] };
    for (const { descriptor, bytes } of manifestsOf(bare)) blobs.set(descriptor.digest, new Blob([bytes]));
    for (const blob of blobsOf(bare)) {
      if (!blobs.has(blob.descriptor.digest)) blobs.set(blob.descriptor.digest, await blob.content(signal));
    }
  }
  return [
    json('oci-layout', { imageLayoutVersion: '1.0.0' }),
    json('index.json', {
      schemaVersion: 2,
      mediaType: mediaTypes.index,
      manifests: images.map(({ image, name, reference }) => ({
        ...image.root.descriptor,
        annotations: { 'io.containerd.image.name': reference, 'org.opencontainers.image.ref.name': name },
      })),
    }),
    json('manifest.json', images.flatMap(dockerEntry)),
    ...[...blobs].map(([digest, content]) => ({ path: blobFile(digest), content })),
  ];
}

function dockerEntry({ image, reference }: NamedImage): object[] {
  return image.platforms.slice(0, 1).map(({ config, layers }) => ({
    Config: blobFile(config.descriptor.digest),
    RepoTags: [reference],
    Layers: layers.map(({ descriptor }) => blobFile(descriptor.digest)),
  }));
}

function blobFile(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

function json(path: string, value: unknown): TarFile {
  return { path, content: new TextEncoder().encode(JSON.stringify(value)) };
}
