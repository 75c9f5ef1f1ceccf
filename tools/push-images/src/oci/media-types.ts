import { PushImagesError } from '../errors.ts';

/** Media types of the images that are built: OCI image-spec 1.1, media-types.md. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** Those that a base may have instead: Docker Image Manifest Version 2, Schema 2 (manifest-v2-2.md). */
const dockerTypes = {
  index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar',
} as const;

/** Every media type of a manifest or index, to be accepted from a registry. */
export const manifestMediaTypes: readonly string[] = [
  mediaTypes.index,
  dockerTypes.index,
  mediaTypes.manifest,
  dockerTypes.manifest,
];

/** Whether a media type is that of an index or manifest list. */
export function isIndex(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === dockerTypes.index;
}

/** The media type of a gzipped layer. */
export const gzipLayer = `${mediaTypes.layer}+gzip`;

/** OCI's name for each kind of layer that a base may have; the bytes are the same. */
const ociLayers: Readonly<Record<string, string>> = {
  [mediaTypes.layer]: mediaTypes.layer,
  [dockerTypes.layer]: mediaTypes.layer,
  [gzipLayer]: gzipLayer,
  [`${dockerTypes.layer}.gzip`]: gzipLayer,
  [`${mediaTypes.layer}+zstd`]: `${mediaTypes.layer}+zstd`,
};

/**
 * The media type of a base image's layer in an OCI image.
 *
 * @throws {PushImagesError} ERR_BASE for a layer that may not be distributed.
 */
export function ociLayer(mediaType: string): string {
  const type = ociLayers[mediaType];
  if (type !== undefined) return type;
  throw new PushImagesError(
    'ERR_BASE',
    `the base image has a layer of type ${mediaType}, which an image of ours cannot hold.`,
    { value: mediaType, nextStep: 'Use a base image whose layers are tar, tar+gzip or tar+zstd.' },
  );
}
