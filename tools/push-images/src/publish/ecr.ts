import type { AppName } from '../apps.ts';
import type { AppImage } from '../build/app-image.ts';
import type { Context } from '../context.ts';
import { type PushPlan, planPush, pushImage } from '../ecr/push.ts';
import type { EcrTarget } from '../ecr/repository.ts';
import { verifyImage } from '../ecr/verify.ts';
import { shortDigest } from '../oci/digest.ts';
import type { OnBytes } from '../oci/image.ts';
import { factsOf, type Published, type Publisher } from './publisher.ts';

/** The repository of each app. */
type Targets = Readonly<Record<AppName, EcrTarget>>;

/** Pushes images to their repositories. */
export function pushPublisher(targets: Targets, context: Context): Publisher {
  return {
    async publish(image) {
      const target = targets[image.app];
      const plan = await pushImage(target, image.image, image.tag, context.signal, shownBy(context, image));
      return { ...placed(image, target), action: 'pushed', ...moved(plan) };
    },
  };
}

/** Says what a push would send, and sends nothing. */
export function planPublisher(targets: Targets, { signal }: Context): Publisher {
  return {
    async publish(image) {
      const target = targets[image.app];
      const plan = await planPush(target, image.image, image.tag, signal);
      return { ...placed(image, target), action: 'planned', ...moved(plan) };
    },
  };
}

/**
 * Compares what is in the registry with an image, to the byte.
 *
 * @param tag that must name it; the one that a push chooses names a commit too, and the same image may have been pushed from another
 */
export function verifyPublisher(targets: Targets, tag: string | undefined, context: Context): Publisher {
  return {
    async publish(image) {
      const target = targets[image.app];
      await verifyImage(target, image.image, tag, context.signal, shownBy(context, image));
      return { ...placed(image, target), action: 'verified' };
    },
  };
}

function placed(image: AppImage, { repository: { url } }: EcrTarget): Omit<Published, 'action'> {
  const facts = factsOf(image);
  return { ...facts, repository: url, reference: `${url}@${facts.digest}` };
}

function shownBy({ progress }: Context, { app }: AppImage): OnBytes {
  return ({ digest, size }, bytes) => progress.moved(`${app} ${shortDigest(digest)}`, bytes, size);
}

function moved({ missing, present }: PushPlan): Pick<Published, 'missing' | 'present'> {
  return { missing: total(missing), present: total(present) };
}

function total(blobs: PushPlan['missing']): { blobs: number; bytes: number } {
  return { blobs: blobs.length, bytes: blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0) };
}
