import type { PushListener } from '../ecr/push.ts';
import { pushImage } from '../ecr/push.ts';
import { type EcrTarget, ecrClient, parseRepository } from '../ecr/repository.ts';
import type { Image } from '../oci/image.ts';
import type { EcrDouble } from './ecr-double.ts';
import type { EcrStore } from './ecr-store.ts';

/** The double's repository, and a client that gives up a silent call after a second. */
export function targetOf(double: EcrDouble): EcrTarget {
  // The double checks that requests are signed, not by whom.
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const repository = parseRepository(double.repositoryUrl);
  const client = ecrClient(repository.region, {
    endpoint: double.endpoint,
    requestTimeoutMilliseconds: 1000,
  });
  return { client, repository };
}

/** Pushes an image to the double under the tag `v1`. */
export async function pushTo(
  double: EcrDouble,
  image: Image,
  signal: AbortSignal = new AbortController().signal,
  listener: PushListener = {},
): Promise<void> {
  const target = targetOf(double);
  try {
    await pushImage(target, image, 'v1', signal, listener);
  } finally {
    target.client.destroy();
  }
}

/** What a store holds, in a form that two stores can be compared by. */
export function contentsOf(store: EcrStore): object {
  return {
    layers: [...store.layers.keys()].sort(),
    images: [...store.images.keys()].sort(),
    tags: Object.fromEntries(store.tags),
  };
}
