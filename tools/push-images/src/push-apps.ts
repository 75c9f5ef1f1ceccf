import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AppImage, appImage } from './app-image.ts';
import { openBase } from './base/open.ts';
import { bundleApps } from './bundle.ts';
import type { Context } from './context.ts';
import { planPush, pushImage } from './ecr/push.ts';
import type { EcrTarget } from './ecr/repository.ts';
import { verifyImage } from './ecr/verify.ts';
import { shortDigest } from './oci/digest.ts';
import type { OnBytes } from './oci/image.ts';
import type { Format } from './oci/media-types.ts';
import { layoutFiles } from './output/layout-files.ts';
import { unfinished } from './output/unfinished.ts';
import { type Output, writeOutput } from './output/write.ts';
import { type AppReport, reportIn, reportOf, reportPlan } from './report.ts';
import { type TargetOptions, targetsOf } from './targets.ts';

/** What to build, and what to do with it. */
export interface PushOptions extends TargetOptions {
  readonly base: string;
  readonly platforms?: readonly string[] | undefined;
  readonly format: Format;
  /** Instead of a tag that says content and commit. */
  readonly tag?: string | undefined;
  /** Whether to bundle first. */
  readonly build: boolean;
  /** Write to disk instead of pushing. */
  readonly output?: Output | undefined;
  /** `push`; or only say what would move; or only compare what is there. */
  readonly mode: 'push' | 'plan' | 'verify';
}

/** Builds the images of apps and pushes, plans, compares or writes them. */
export async function pushApps(options: PushOptions, context: Context): Promise<AppReport[]> {
  // First what fails at once where something is not set up; what takes time comes after.
  const targets = options.output ? undefined : await targetsOf(options, context);
  const base = await openBase(options.base, options.platforms, context);
  if (options.build) await bundleApps(options.apps, context);
  const images: AppImage[] = [];
  for (const app of options.apps) images.push(await appImage(context.root, app, base, options.format));
  const named = images.map((built) => ({
    built,
    report: reportOf(
      built,
      base.images.map(({ platform }) => platform),
      options.tag ?? built.tag,
    ),
  }));
  if (options.output) return writeImages(named, options.output, context);
  const reports: AppReport[] = [];
  for (const each of named) {
    const target = targets?.get(each.built.app);
    if (target) reports.push(await useRegistry(each, target, options.mode, context));
  }
  return reports;
}

/** An image, and what can be said of it before anything is done with it. */
interface NamedImage {
  readonly built: AppImage;
  readonly report: Omit<AppReport, 'action'>;
}

async function useRegistry(
  { built, report }: NamedImage,
  target: EcrTarget,
  mode: PushOptions['mode'],
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
    await verifyImage(target, image, report.tag, signal, onBytes);
    return { ...placed, action: 'verified' };
  }
  const plan = await pushImage(target, image, report.tag, signal, onBytes);
  const pushed = { ...placed, action: 'pushed' as const, ...reportPlan(plan) };
  await writeHandover(join(root, 'dist/images'), built, placed);
  return pushed;
}

async function writeImages(
  named: readonly NamedImage[],
  output: Output,
  { signal }: Context,
): Promise<AppReport[]> {
  const images = named.map(({ built, report }) => ({
    image: built.image,
    name: built.app,
    reference: `localhost/${built.app}:${report.tag}`,
  }));
  await writeOutput(output, await layoutFiles(images, signal), signal);
  return named.map(({ report }) => ({
    ...report,
    action: 'written',
    output: `${output.kind}:${output.path}`,
  }));
}

/** Leaves what the workloads layer reads, and the SBOM beside it. The same image leaves the same bytes. */
async function writeHandover(
  folder: string,
  { app, sbom }: AppImage,
  report: Omit<AppReport, 'action'>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await replaceFile(join(folder, `${app}.cdx.json`), sbom);
  await replaceFile(join(folder, `${app}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await using part = unfinished(`${path}.${process.pid}.part`);
  await writeFile(part.path, content);
  await rename(part.path, path);
}
