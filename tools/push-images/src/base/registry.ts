import * as z from 'zod';
import { PushImagesError } from '../errors.ts';
import { digestOf } from '../oci/digest.ts';
import type { OnBytes } from '../oci/image.ts';
import { manifestMediaTypes, mediaTypes } from '../oci/media-types.ts';
import type { BaseSource } from './base.ts';
import type { BlobCache, FetchOptions, Wanted } from './cache.ts';
import type { ImageReference } from './reference.ts';
import { RegistryClient, type RegistryClientOptions } from './registry-client.ts';

/** OCI distribution-spec 1.1: registries take manifests of at least 4 MiB, and most take no more. */
const maximumManifestBytes = 4 * 1024 * 1024;

/**
 * A base image in a registry, by the distribution API. What the cache has is not asked for again, so a second run
 * needs no network.
 *
 * @param options.onBytes told while a layer comes in
 */
export function registrySource(
  reference: ImageReference,
  cache: BlobCache,
  options: RegistryClientOptions & { readonly onBytes?: OnBytes },
): BaseSource {
  const client = new RegistryClient(reference, options);
  const name = reference.text.replace(/@.*/, '');
  const cached = (kind: 'manifests' | 'blobs', wanted: Wanted, fetching: FetchOptions) => {
    const open = () => client.stream(`${kind}/${wanted.digest}`, fetching.signal);
    return client.retry(() => cache.get(wanted, open, fetching), fetching.signal);
  };
  return {
    name,
    reference: name,
    async root(signal) {
      const digest = reference.digest ?? (await refuseUnpinned(client, reference, signal));
      const blob = await cached('manifests', { digest, size: maximumManifestBytes }, { signal });
      return { mediaType: mediaTypeOf(await blob.text()), digest, size: blob.size };
    },
    async document(descriptor, signal) {
      const kind = manifestMediaTypes.includes(descriptor.mediaType) ? 'manifests' : 'blobs';
      return (await cached(kind, descriptor, { signal })).bytes();
    },
    blob: (descriptor) => ({
      descriptor,
      content(signal) {
        const onBytes = (bytes: number) => options.onBytes?.(descriptor, bytes);
        return cached('blobs', descriptor, { signal, onBytes });
      },
    }),
  };
}

async function refuseUnpinned(
  client: RegistryClient,
  { text, tag = 'latest' }: ImageReference,
  signal?: AbortSignal,
): Promise<never> {
  const bytes = await client.retry(() => client.bytes(`manifests/${tag}`, signal), signal);
  throw new PushImagesError(
    'ERR_BASE',
    `base image ${text} has no digest, so the same commit could give another image tomorrow.`,
    {
      value: text,
      nextStep: `Today it is this one, which you can give instead: --base ${text}@${digestOf(bytes)}`,
    },
  );
}

/** A manifest's own media type; one that does not say is of OCI, by its shape. */
function mediaTypeOf(text: string): string {
  const said = z
    .looseObject({ mediaType: z.string().optional(), manifests: z.unknown() })
    .safeParse(JSON.parse(text));
  if (said.data?.mediaType) return said.data.mediaType;
  return said.data?.manifests === undefined ? mediaTypes.manifest : mediaTypes.index;
}
