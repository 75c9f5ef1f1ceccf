import { PushImagesError } from '../errors.ts';

/** The two families of manifest a registry takes: OCI image-spec 1.1, and Docker Image Manifest Version 2, Schema 2. */
export type Format = 'oci' | 'docker';

/** Media types by format: OCI image-spec, media-types.md; Docker, manifest-v2-2.md. */
export const mediaTypes = {
  oci: {
    index: 'application/vnd.oci.image.index.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar',
  },
  docker: {
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar',
  },
} as const;

/** Every media type of a manifest or index, to be accepted from a registry. */
export const manifestMediaTypes: readonly string[] = [
  mediaTypes.oci.index,
  mediaTypes.docker.index,
  mediaTypes.oci.manifest,
  mediaTypes.docker.manifest,
];

/** Whether a media type is that of an index or manifest list. */
export function isIndex(mediaType: string): boolean {
  return mediaType === mediaTypes.oci.index || mediaType === mediaTypes.docker.index;
}

/** The media type of a gzipped layer. */
export function gzipLayer(format: Format): string {
  return format === 'oci' ? `${mediaTypes.oci.layer}+gzip` : `${mediaTypes.docker.layer}.gzip`;
}

/**
 * The media type of a base image's layer in an image of `format`; the bytes stay as they are.
 *
 * @throws {PushImagesError} ERR_BASE for a layer that may not be distributed, and for zstd in the Docker format.
 */
export function convertLayer(mediaType: string, format: Format): string {
  const compression = [mediaTypes.oci.layer, mediaTypes.docker.layer]
    .filter((prefix) => mediaType.startsWith(prefix))
    .map((prefix) => mediaType.slice(prefix.length + 1))[0];
  if (compression === '') return mediaTypes[format].layer;
  if (compression === 'gzip') return gzipLayer(format);
  if (compression === 'zstd' && format === 'oci') return `${mediaTypes.oci.layer}+zstd`;
  throw new PushImagesError(
    'ERR_BASE',
    `the base image has a layer of type ${mediaType}, which an image of format ${format} cannot hold.\n` +
      (compression === 'zstd'
        ? 'Use --format oci.'
        : 'Use a base image whose layers are tar, tar+gzip or tar+zstd.'),
  );
}
