import { join } from 'node:path';
import type { Context } from './context.ts';
import { planPush, pushImage } from './ecr/push.ts';
import type { EcrTarget } from './ecr/repository.ts';
import { verifyImage } from './ecr/verify.ts';
import { writeHandover } from './handover.ts';
import { shortDigest } from './oci/digest.ts';
import type { OnBytes } from './oci/image.ts';
import type { PushOptions } from './push-apps.ts';
import { type AppReport, type NamedImage, reportIn, reportPlan } from './report.ts';

export { targetsOf } from './targets.ts';

/** Pushes an image to its repository, plans that, or compares. */
export async function useRegistry(
  { built, report }: NamedImage,
  target: EcrTarget,
  { mode, stack, tag }: Pick<PushOptions, 'mode' | 'stack' | 'tag'>,
  { root, signal, progress }: Context,
): Promise<AppReport> {
  const { image } = built;
  const placed = { ...report, ...reportIn(target, report.digest) };
  if (mode === 'plan') {
    return { ...placed, action: 'planned', ...reportPlan(await planPush(target, image, report.tag, signal)) };
  }
  const onBytes: OnBytes = ({ digest, size }, bytes) =>
    progress.moved(`${built.app} ${shortDigest(digest)}`, bytes, size);
  if (mode === 'verify') {
    // The tag that a push chooses names a commit too, and the same image may have been pushed from another.
    await verifyImage(target, image, tag, signal, onBytes);
    return { ...placed, action: 'verified' };
  }
  const plan = await pushImage(target, image, report.tag, signal, onBytes);
  const pushed = { ...placed, action: 'pushed' as const, ...reportPlan(plan) };
  await writeHandover(join(root, 'dist/images'), stack, built, placed);
  return pushed;
}
