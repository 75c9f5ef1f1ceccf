import { join } from 'node:path';
import { appImage } from './app-image.ts';
import type { AppName } from './apps.ts';
import { openBase } from './base/open.ts';
import { type AppLayer, appLayer } from './build.ts';
import { bundleApps } from './bundle.ts';
import type { Context } from './context.ts';
import type { Format } from './oci/media-types.ts';
import { layoutFiles } from './output/layout-files.ts';
import { type Output, writeOutput } from './output/write.ts';
import { type AppReport, type NamedImage, reportOf } from './report.ts';
import type { TargetOptions } from './targets.ts';

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
  // Bundles that are there already are packed in threads of their own, while the rest is loaded and asked for.
  const early = options.build ? undefined : packed(options.apps, context);
  // First what fails at once where something is not set up; what takes time comes after.
  const registry = options.output ? undefined : await import('./use-registry.ts');
  const targets = await registry?.targetsOf(options, context);
  const base = await openBase(options.base, options.platforms, context);
  if (options.build) await bundleApps(options.apps, context);
  const layers = early ?? packed(options.apps, context);
  const platforms = base.images.map(({ platform }) => platform);
  const images = await Promise.all(
    [...layers].map(async ([app, layer]): Promise<NamedImage> => {
      const built = await appImage({ root: context.root, app, base, format: options.format, layer });
      return { built, report: reportOf(built, platforms, options.tag ?? built.tag) };
    }),
  );
  if (options.output) return writeImages(images, options.output, context);
  const reports: AppReport[] = [];
  for (const image of images) {
    const target = targets?.get(image.built.app);
    if (registry && target) reports.push(await registry.useRegistry(image, target, options, context));
  }
  return reports;
}

/** Begins to pack the bundles of some apps. */
function packed(apps: readonly AppName[], { root }: Context): Map<AppName, Promise<AppLayer>> {
  const layers = new Map(apps.map((app) => [app, appLayer(join(root, 'apps', app), app)]));
  // A fault is reported where the layer is needed, unless something else ends the run before.
  for (const layer of layers.values()) layer.catch(() => {});
  return layers;
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
