import { join } from 'node:path';
import type { AppName } from '../apps.ts';
import { openBase } from '../base/open.ts';
import type { PushOptions } from '../command-line.ts';
import type { Context } from '../context.ts';
import { type AppImage, appImage } from './app-image.ts';
import { type AppLayer, appLayer } from './app-layer.ts';
import { bundleApps } from './bundle.ts';

/** Makes the images of apps. */
export interface Builder {
  /** Builds the image of one app. Same bundle and base, same bytes. */
  build(app: AppName): Promise<AppImage>;
}

/**
 * A builder that bundles apps by their build targets, where that is asked for, and puts each on the base image. What all
 * of them need is made once, at the first image.
 */
export function imageBuilder(
  options: Pick<PushOptions, 'apps' | 'base' | 'platforms' | 'tag' | 'build'>,
  context: Context,
): Builder {
  const { root } = context;
  // Bundles that are there already are packed in threads of their own, while the rest is loaded and asked for.
  const early = options.build ? undefined : packed(options.apps, root);
  const prepare = async () => {
    const base = await openBase(options.base, options.platforms, context);
    if (options.build) await bundleApps(options.apps, context);
    return { base, layers: early ?? packed(options.apps, root) };
  };
  let prepared: ReturnType<typeof prepare> | undefined;
  return {
    async build(app) {
      prepared ??= prepare();
      const { base, layers } = await prepared;
      return appImage({ root, app, base, layer: layers[app], tag: options.tag });
    },
  };
}

/** Begins to pack the bundles of some apps. */
function packed(apps: readonly AppName[], root: string): Record<AppName, Promise<AppLayer>> {
  const layers = Object.fromEntries(apps.map((app) => [app, appLayer(join(root, 'apps', app), app)]));
  // A fault is reported where the layer is needed, unless something else ends the run before.
  for (const layer of Object.values(layers)) layer.catch(() => {});
  return layers as Record<AppName, Promise<AppLayer>>;
}
