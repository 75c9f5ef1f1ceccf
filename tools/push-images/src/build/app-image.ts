import { readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import * as z from 'zod';
import { type AppName, apps } from '../apps.ts';
import type { Base } from '../base/base.ts';
import { shortDigest } from '../oci/digest.ts';
import type { Image } from '../oci/image.ts';
import type { AppLayer } from './app-layer.ts';
import { buildImage } from './build-image.ts';
import { revisionName, revisionOf } from './revision.ts';

/** An app's image, built and named. */
export interface AppImage {
  readonly app: AppName;
  readonly image: Image;
  /** As given, or short digest, commit, and whether files differ from it: `0123456789ab-fedcba987654-dirty`. */
  readonly tag: string;
  /** `os/architecture` of each platform. */
  readonly platforms: readonly string[];
  /** A commit that the image is of, where the workspace is in version control; it ends in `-dirty` where files differ. */
  readonly revision: string | undefined;
  readonly sbom: Uint8Array<ArrayBuffer>;
  /** Bytes of the one layer that is not the base's, compressed. */
  readonly appLayerBytes: number;
}

/** What an image of an app is made from. */
export interface AppImageParts {
  /** The workspace's folder. */
  readonly root: string;
  readonly app: AppName;
  readonly base: Base;
  /** The app's layer, which may still be compressed in a thread of its own. */
  readonly layer: Promise<AppLayer>;
  /** Instead of the tag that says content and commit. */
  readonly tag?: string | undefined;
}

/**
 * Builds the image of an app from its bundle. Same bundle and base, same digest: what a commit says of them is in the
 * tag, not in the image, or a commit that changes neither would restart every pod.
 *
 * @throws {PushImagesError} ERR_NOT_BUILT, ERR_LAYER, ERR_BASE
 */
export async function appImage({ root, app, base, layer: packing, tag }: AppImageParts): Promise<AppImage> {
  const folder = join(root, 'apps', app);
  // Without a bundle the layer has the sentence that says so.
  const sources = await bundledSources(folder).catch(async (error: unknown) => {
    await packing;
    throw error;
  });
  const own = sources.filter((source) => !source.includes('/node_modules/'));
  const inputs = [...own, join(folder, 'package.json'), join(root, 'package-lock.json')];
  const asking = revisionOf(
    root,
    inputs.map((path) => relative(root, path)),
  );
  const { sbom, sbomReferrer } = await import('./sbom.ts');
  const [layer, revision, document] = await Promise.all([packing, asking, sbom({ app, base, sources })]);
  const image = buildImage({ base, layer, labels: await labelsOf(root, app, base) });
  const digest = shortDigest(image.root.descriptor.digest);
  return {
    app,
    image: { ...image, referrers: [sbomReferrer(document, image.root.descriptor)] },
    tag: tag ?? (revision ? `${digest}-${revisionName(revision, 12)}` : digest),
    platforms: base.images.map(({ platform }) => platform),
    revision: revision && revisionName(revision),
    sbom: document,
    appLayerBytes: layer.bytes.length,
  };
}

/** The files that a bundle was made of, absolute, by its source map. */
async function bundledSources(folder: string): Promise<string[]> {
  const map = z.looseObject({ sources: z.array(z.string()) });
  const { sources } = map.parse(JSON.parse(await readFile(join(folder, 'dist/main.cjs.map'), 'utf8')));
  return sources.map((source) => resolve(folder, 'dist', source)).sort();
}

/**
 * The labels of an image (OCI image-spec, annotations.md), all of them of its content: the base by its digest, not by
 * the place it came from this time.
 */
async function labelsOf(root: string, app: AppName, base: Base): Promise<Record<string, string>> {
  const workspace = z.looseObject({ license: z.string().optional() });
  const { license } = workspace.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const prefix = 'org.opencontainers.image';
  return {
    [`${prefix}.base.digest`]: base.digest,
    [`${prefix}.description`]: apps[app].description,
    ...(license !== undefined && { [`${prefix}.licenses`]: license }),
    [`${prefix}.title`]: app,
  };
}
