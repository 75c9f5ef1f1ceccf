import * as z from 'zod';
import { PushImagesError } from '../errors.ts';
import { digestOf } from '../oci/digest.ts';
import type { ImageBlob } from '../oci/image.ts';
import { isIndex } from '../oci/media-types.ts';
import {
  type Descriptor,
  type ImageConfig,
  imageConfigSchema,
  indexSchema,
  manifestSchema,
} from '../oci/schema.ts';

/** Where base images come from: a registry, or a folder in OCI image layout. */
export interface BaseSource {
  /** What names the image in messages. */
  readonly name: string;
  /** What names it everywhere, not only on this machine: its reference in a registry. */
  readonly reference?: string;
  /** The descriptor of the image's root: an index or a manifest. */
  root(signal?: AbortSignal): Promise<Descriptor>;
  /** A manifest or configuration, whose bytes have the descriptor's digest. */
  document(descriptor: Descriptor, signal?: AbortSignal): Promise<Uint8Array>;
  /** A layer, fetched only when its content is asked for. */
  blob(descriptor: Descriptor): ImageBlob;
}

/** A base image of one platform. */
export interface BaseImage {
  /** `os/architecture` or `os/architecture/variant`. */
  readonly platform: string;
  readonly config: ImageConfig;
  readonly layers: readonly ImageBlob[];
}

/** A base image: its reference, if it is in a registry, the digest of its root and its images by platform. */
export interface Base {
  readonly reference?: string;
  readonly digest: string;
  readonly images: readonly BaseImage[];
}

/** The platforms an image is built for where none are asked for, as far as the base image has them. */
const defaultPlatforms = ['linux/amd64', 'linux/arm64'];

/**
 * Reads a base image's manifests and configurations, not its layers.
 *
 * @param platforms which to read; by default those of {@link defaultPlatforms} that the image has
 * @throws {PushImagesError} ERR_BASE when a platform is missing or a document is not what it should be.
 */
export async function readBase(
  source: BaseSource,
  platforms: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Base> {
  const wanted = platforms ?? defaultPlatforms;
  const root = await source.root(signal);
  const offered: string[] = [];
  const found = new Map<string, BaseImage>();
  for (const descriptor of await manifestDescriptors(source, root, signal)) {
    // A manifest outside an index says its platform only in its configuration.
    const image = descriptor.platform ? undefined : await readImage(source, descriptor, signal);
    const platform = platformName(image?.config ?? descriptor.platform);
    offered.push(platform);
    if (wanted.includes(platform) && !found.has(platform)) {
      found.set(platform, image ?? (await readImage(source, descriptor, signal)));
    }
  }
  const images = wanted.flatMap((platform) => found.get(platform) ?? []);
  const missing = wanted.filter((platform) => !found.has(platform));
  if (images.length === 0 || (platforms && missing.length > 0)) {
    throw new PushImagesError(
      'ERR_BASE',
      `base image ${source.name} is not there for ${missing.join(', ')}; it is for ${offered.join(', ') || 'nothing'}.`,
      {
        value: missing.join(', '),
        nextStep: 'Ask for other platforms with --platform, or for another image with --base.',
      },
    );
  }
  const { reference } = source;
  return { ...(reference ? { reference } : {}), digest: root.digest, images };
}

async function manifestDescriptors(
  source: BaseSource,
  root: Descriptor,
  signal?: AbortSignal,
): Promise<Descriptor[]> {
  if (!isIndex(root.mediaType)) return [root];
  const index = parseDocument(indexSchema, source, root, await source.document(root, signal));
  // Attestations stand in an index as images of the platform unknown/unknown.
  return index.manifests.filter(({ platform }) => platform?.os !== 'unknown');
}

async function readImage(
  source: BaseSource,
  descriptor: Descriptor,
  signal?: AbortSignal,
): Promise<BaseImage> {
  const manifest = parseDocument(
    manifestSchema,
    source,
    descriptor,
    await source.document(descriptor, signal),
  );
  const document = await source.document(manifest.config, signal);
  const config = parseDocument(imageConfigSchema, source, manifest.config, document);
  if (config.rootfs.diff_ids.length !== manifest.layers.length) {
    throw new PushImagesError(
      'ERR_BASE',
      `base image ${source.name} has ${manifest.layers.length} layers in manifest ${descriptor.digest} and ` +
        `${config.rootfs.diff_ids.length} in its configuration.`,
      { value: source.name, nextStep: 'The image is broken: use another with --base.' },
    );
  }
  return {
    platform: platformName(config),
    config,
    layers: manifest.layers.map((layer) => source.blob(layer)),
  };
}

function parseDocument<T extends z.ZodType>(
  schema: T,
  source: BaseSource,
  descriptor: Descriptor,
  bytes: Uint8Array,
): z.infer<T> {
  if (digestOf(bytes) !== descriptor.digest) {
    throw new PushImagesError(
      'ERR_DIGEST',
      `base image ${source.name}: asked for ${descriptor.digest}, got bytes of digest ${digestOf(bytes)}.`,
      {
        value: descriptor.digest,
        nextStep:
          'Something on the way changes content, or the source is broken; nothing was kept. Try again.',
      },
    );
  }
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (error) {
    throw new PushImagesError(
      'ERR_BASE',
      `base image ${source.name}: ${descriptor.digest} (${descriptor.mediaType}) is not an image's document: ` +
        `${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`,
    );
  }
}

/** `os/architecture`, with the variant where it is not the only one of its architecture. */
function platformName(
  platform: { os: string; architecture: string; variant?: string | undefined } | undefined,
): string {
  if (!platform) return 'unknown';
  const { os, architecture, variant } = platform;
  const redundant = !variant || (architecture === 'arm64' && variant === 'v8');
  return redundant ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}
