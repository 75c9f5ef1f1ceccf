import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageDefinition } from './apps.ts';
import type { Base, BaseImage } from './base/base.ts';
import { PushImagesError } from './errors.ts';
import { digestOf } from './oci/digest.ts';
import { gzip } from './oci/gzip.ts';
import {
  type Image,
  type ImageBlob,
  imageIndex,
  memoryBlob,
  type PlatformImage,
  platformManifest,
} from './oci/image.ts';
import { convertLayer, type Format, gzipLayer, mediaTypes } from './oci/media-types.ts';
import type { ImageConfig } from './oci/schema.ts';
import { entryTime, tarBytes } from './oci/tar.ts';

/** What an image is made of. */
export interface ImageParts {
  readonly base: Base;
  readonly layer: AppLayer;
  readonly format: Format;
  /** Labels, `org.opencontainers.image.*` among them. */
  readonly labels: Readonly<Record<string, string>>;
  /** The `created` of the configuration, RFC 3339. */
  readonly created: string;
}

/** The one layer that an app adds to its base. */
export interface AppLayer {
  /** Gzipped tar. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The digest of the tar before compression. */
  readonly diffId: string;
}

/**
 * Packs an app's bundle.
 *
 * @param folder the app's folder, built
 * @throws {PushImagesError} ERR_NOT_BUILT when a file is missing, ERR_LAYER when it is empty.
 */
export async function appLayer(folder: string, app: string): Promise<AppLayer> {
  const files = await Promise.all(
    Object.entries(imageDefinition.files).map(async ([path, file]) => {
      const content = await readFile(join(folder, file)).catch(() => {
        throw new PushImagesError(
          'ERR_NOT_BUILT',
          `${join(folder, file)} is not there. Build the app first: npx nx run ${app}:build`,
        );
      });
      if (content.length > 0) return { path, content };
      throw new PushImagesError(
        'ERR_LAYER',
        `${join(folder, file)} is empty, so the image could not start. Build the app again: npx nx run ${app}:build --skip-nx-cache`,
      );
    }),
  );
  const archive = await tarBytes(files);
  const compressed = gzip(archive);
  const diffId = digestOf(archive);
  return { bytes: await compressed, diffId };
}

/**
 * Builds an image: on each of the base's platforms the same application layer. Same parts, same bytes.
 *
 * @throws {PushImagesError} ERR_BASE for a base whose layers the format cannot hold, or that does not start Node.
 */
export function buildImage(parts: ImageParts): Image {
  const platforms = parts.base.images.map((base) => platformImage(base, parts));
  const [only, ...others] = platforms;
  if (only && others.length === 0) return { root: only.manifest, platforms, referrers: [] };
  const descriptors = platforms.map(({ manifest }, index) => {
    const [os = '', architecture = '', variant] = parts.base.images[index]?.platform.split('/') ?? [];
    return { ...manifest.descriptor, platform: { architecture, os, ...(variant ? { variant } : {}) } };
  });
  return { root: imageIndex(parts.format, descriptors), platforms, referrers: [] };
}

/** Whether a base's entrypoint is Node, so that the command can be its arguments. */
function checkEntrypoint({ platform, config: { config } }: BaseImage): void {
  const entrypoint = config?.Entrypoint ?? null;
  if (entrypoint?.length === 1 && entrypoint[0]?.split('/').at(-1) === 'node') return;
  throw new PushImagesError(
    'ERR_BASE',
    `the entrypoint of the base image for ${platform} is ${JSON.stringify(entrypoint)}, not Node alone, so the app ` +
      'would not start. Use a base like that of distroless, whose entrypoint is ["/nodejs/bin/node"].',
  );
}

function platformImage(base: BaseImage, { layer, format, labels, created }: ImageParts): PlatformImage {
  checkEntrypoint(base);
  const layers: ImageBlob[] = [
    ...base.layers.map((blob) => ({
      descriptor: {
        mediaType: convertLayer(blob.descriptor.mediaType, format),
        digest: blob.descriptor.digest,
        size: blob.descriptor.size,
      },
      content: (signal?: AbortSignal) => blob.content(signal),
    })),
    memoryBlob(gzipLayer(format), layer.bytes),
  ];
  const value = imageConfig(base.config, layer, labels, created);
  const config = memoryBlob(mediaTypes[format].config, new TextEncoder().encode(JSON.stringify(value)));
  return { manifest: platformManifest(format, config, layers), config, layers };
}

function imageConfig(
  base: ImageConfig,
  layer: AppLayer,
  labels: Readonly<Record<string, string>>,
  created: string,
): ImageConfig {
  const env = new Map((base.config?.Env ?? []).map((entry) => [entry.split('=', 1)[0], entry]));
  for (const [name, value] of Object.entries(imageDefinition.env)) env.set(name, `${name}=${value}`);
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
      {
        created: entryTime.toISOString(),
        created_by: 'push-images',
        comment: 'the application and its source map',
      },
    ],
  };
}
