import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { type AppName, apps } from './apps.ts';
import type { Base } from './base/base.ts';
import { appLayer, buildImage } from './build.ts';
import { type Revision, revisionName, revisionOf } from './git.ts';
import { shortDigest } from './oci/digest.ts';
import type { Image } from './oci/image.ts';
import type { Format } from './oci/media-types.ts';
import { entryTime } from './oci/tar.ts';
import { bundledSources, sbom, sbomReferrer } from './sbom.ts';

/** An app's image, built and named. */
export interface AppImage {
  readonly app: AppName;
  readonly image: Image;
  /** Short digest, commit, and whether files differ from it: `0123456789ab-fedcba987654-dirty`. */
  readonly tag: string;
  /** The commit the image is of, where the workspace is in version control. */
  readonly revision: Revision | undefined;
  readonly sbom: Uint8Array<ArrayBuffer>;
  /** Bytes of the one layer that is not the base's, compressed. */
  readonly appLayerBytes: number;
}

/**
 * Builds the image of an app from its bundle. Same commit, same bytes.
 *
 * @param root the workspace's folder
 * @throws {PushImagesError} ERR_NOT_BUILT, ERR_LAYER, ERR_REVISION, ERR_BASE
 */
export async function appImage(root: string, app: AppName, base: Base, format: Format): Promise<AppImage> {
  const folder = join(root, 'apps', app);
  const layer = await appLayer(folder, app);
  const sources = await bundledSources(folder);
  const own = sources.filter((source) => !source.includes('/node_modules/'));
  const inputs = [...own, join(folder, 'package.json'), join(root, 'package-lock.json')];
  const revision = await revisionOf(
    root,
    inputs.map((path) => relative(root, path)),
  );
  const image = buildImage({
    base,
    layer,
    format,
    labels: await labelsOf(root, app, base, revision),
    created: revision?.date ?? entryTime.toISOString(),
  });
  const document = await sbom({ app, base, sources });
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

/** The labels of an image: OCI image-spec, annotations.md. */
async function labelsOf(
  root: string,
  app: AppName,
  base: Base,
  revision: Revision | undefined,
): Promise<Record<string, string>> {
  const workspace = z.looseObject({ license: z.string().optional() });
  const { license } = workspace.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const labels = {
    'base.digest': base.digest,
    'base.name': base.reference,
    created: revision?.date,
    description: apps[app].description,
    licenses: license,
    revision: revision && revisionName(revision),
    title: app,
  };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([key, value]) =>
      value === undefined ? [] : [[`org.opencontainers.image.${key}`, value]],
    ),
  );
}
