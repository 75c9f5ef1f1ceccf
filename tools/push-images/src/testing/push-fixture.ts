import type { EcrDouble, EcrStore } from '@envoy-poc/doubles/ecr';
import { type ClientOptions, ecrClient } from '../ecr/client.ts';
import { pushImage } from '../ecr/push.ts';
import { type EcrTarget, parseRepository } from '../ecr/repository.ts';
import type { Image } from '../oci/image.ts';

/** How a test's push differs from a usual one. */
export interface PushSettings extends ClientOptions {
  readonly tag?: string;
  readonly signal?: AbortSignal;
}

/** The double's repository, and a client for it. */
export function targetOf(double: EcrDouble, options: ClientOptions = {}): EcrTarget {
  // The double checks that requests are signed, not by whom.
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const repository = parseRepository(double.repositoryUrl);
  const endpoint = { endpoint: double.endpoint, requestTimeoutMilliseconds: 30_000 };
  return { client: ecrClient(repository.region, { ...endpoint, ...options }), repository };
}

/** Pushes an image to the double, under the tag `v1` if no other is given. */
export async function pushTo(double: EcrDouble, image: Image, settings: PushSettings = {}): Promise<void> {
  const { tag = 'v1', signal = new AbortController().signal, ...options } = settings;
  const target = targetOf(double, options);
  try {
    await pushImage(target, image, tag, signal);
  } finally {
    target.client.destroy();
  }
}

/** What a store holds, in a form that two stores can be compared by. */
export interface StoreContents {
  readonly layers: readonly string[];
  readonly images: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}

/** Reads what a store holds. */
export function storeContents(store: EcrStore): StoreContents {
  return {
    layers: [...store.layers.keys()].sort(),
    images: [...store.images.keys()].sort(),
    tags: Object.fromEntries(store.tags),
  };
}
