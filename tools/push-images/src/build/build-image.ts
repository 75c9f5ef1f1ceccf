import { imageDefinition } from '../apps.ts';
import type { Base, BaseImage } from '../base/base.ts';
import { PushImagesError } from '../errors.ts';
import {
  type Image,
  type ImageBlob,
  imageIndex,
  memoryBlob,
  type PlatformImage,
  platformManifest,
} from '../oci/image.ts';
import { gzipLayer, mediaTypes, ociLayer } from '../oci/media-types.ts';
import type { ImageConfig } from '../oci/schema.ts';
import { entryTime } from '../oci/tar.ts';
import type { AppLayer } from './app-layer.ts';

/** What an image is made of. */
export interface ImageParts {
  readonly base: Base;
  readonly layer: AppLayer;
  /** Labels, `org.opencontainers.image.*` among them. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Builds an image: on each of the base's platforms the same application layer. Same parts, same bytes.
 *
 * @throws {PushImagesError} ERR_BASE for a base with layers that an OCI image cannot hold, or that does not start Node.
 */
export function buildImage(parts: ImageParts): Image {
  const platforms = parts.base.images.map((base) => platformImage(base, parts));
  const [only, ...others] = platforms;
  if (only && others.length === 0) return { root: only.manifest, platforms, referrers: [] };
  const descriptors = platforms.map(({ manifest }, index) => {
    const [os = '', architecture = '', variant] = parts.base.images[index]?.platform.split('/') ?? [];
    return { ...manifest.descriptor, platform: { architecture, os, ...(variant ? { variant } : {}) } };
  });
  return { root: imageIndex(descriptors), platforms, referrers: [] };
}

/** Whether a base's entrypoint is Node, so that the command can be its arguments. */
function checkEntrypoint({ platform, config: { config } }: BaseImage): void {
  const entrypoint = config?.Entrypoint ?? null;
  if (entrypoint?.length === 1 && entrypoint[0]?.split('/').at(-1) === 'node') return;
  const value = JSON.stringify(entrypoint);
  throw new PushImagesError(
    'ERR_BASE',
    `the entrypoint of the base image for ${platform} is ${value}, not Node alone, so the app would not start.`,
    { value, nextStep: 'Use a base like that of distroless, whose entrypoint is ["/nodejs/bin/node"].' },
  );
}

function platformImage(base: BaseImage, { layer, labels }: ImageParts): PlatformImage {
  checkEntrypoint(base);
  const layers: ImageBlob[] = [
    ...base.layers.map((blob) => ({
      descriptor: {
        mediaType: ociLayer(blob.descriptor.mediaType),
        digest: blob.descriptor.digest,
        size: blob.descriptor.size,
      },
      content: (signal?: AbortSignal) => blob.content(signal),
    })),
    memoryBlob(gzipLayer, layer.bytes),
  ];
  const value = imageConfig(base.config, layer, labels);
  const config = memoryBlob(mediaTypes.config, new TextEncoder().encode(JSON.stringify(value)));
  return { manifest: platformManifest(config, layers), config, layers };
}

function imageConfig(
  base: ImageConfig,
  layer: AppLayer,
  labels: Readonly<Record<string, string>>,
): ImageConfig {
  const env = new Map((base.config?.Env ?? []).map((entry) => [entry.split('=', 1)[0], entry]));
  for (const [name, value] of Object.entries(imageDefinition.env)) env.set(name, `${name}=${value}`);
  const created = entryTime.toISOString();
  return {
    ...base,
    created,
    config: {
      ...base.config,
      User: imageDefinition.user,
      Env: [...env.values()],
      Cmd: [...imageDefinition.cmd],
      WorkingDir: imageDefinition.workingDir,
      Labels: { ...base.config?.Labels, ...labels },
    },
    rootfs: { type: 'layers', diff_ids: [...base.rootfs.diff_ids, layer.diffId] },
    history: [
      ...(base.history ?? []),
      { created, created_by: 'push-images', comment: 'the application and its source map' },
    ],
  };
}
