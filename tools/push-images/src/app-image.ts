import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { type AppName, apps } from './apps.ts';
import type { Base } from './base/base.ts';
import { type AppLayer, buildImage } from './build.ts';
import { bundledSources } from './bundled-sources.ts';
import { type Revision, revisionName, revisionOf } from './git.ts';
import { shortDigest } from './oci/digest.ts';
import type { Image } from './oci/image.ts';
import type { Format } from './oci/media-types.ts';
import { entryTime } from './oci/tar.ts';

/** An app's image, built and named. */
export interface AppImage {
  readonly app: AppName;
  readonly image: Image;
  /** Short digest, commit, and whether files differ from it: `0123456789ab-fedcba987654-dirty`. */
  readonly tag: string;
  /** A commit that the image is of, where the workspace is in version control. */
  readonly revision: Revision | undefined;
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
  readonly format: Format;
  /** The app's layer, which may still be compressed in a thread of its own. */
  readonly layer: Promise<AppLayer>;
}

/**
 * Builds the image of an app from its bundle. Same bundle and base, same digest: what a commit says of them is in the
 * tag, not in the image, or a commit that changes neither would restart every pod.
 *
 * @throws {PushImagesError} ERR_NOT_BUILT, ERR_LAYER, ERR_BASE
 */
export async function appImage({
  root,
  app,
  base,
  format,
  layer: packing,
}: AppImageParts): Promise<AppImage> {
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
  const image = buildImage({
    base,
    layer,
    format,
    labels: await labelsOf(root, app, base),
    created: entryTime.toISOString(),
  });
  const digest = shortDigest(image.root.descriptor.digest);
  return {
    app,
    image: { ...image, referrers: [sbomReferrer(document, image.root.descriptor)] },
    tag: revision ? `${digest}-${revisionName(revision, 12)}` : digest,
    revision,
    sbom: document,
    appLayerBytes: layer.bytes.length,
  };
}

/**
 * The labels of an image (OCI image-spec, annotations.md), all of them of its content: the base by its digest, not by
 * the place it came from this time.
 */
async function labelsOf(root: string, app: AppName, base: Base): Promise<Record<string, string>> {
  const workspace = z.looseObject({ license: z.string().optional() });
  const { license } = workspace.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const labels = {
    'base.digest': base.digest,
    description: apps[app].description,
    licenses: license,
    title: app,
  };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) =>
      value === undefined ? [] : [[`org.opencontainers.image.${key}`, value]],
    ),
  );
}
