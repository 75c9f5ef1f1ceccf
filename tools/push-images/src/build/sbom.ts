import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import { PackageURL } from 'packageurl-js';
import * as z from 'zod';
import { jsonDocument, memoryBlob, type PlatformImage } from '../oci/image.ts';
import { mediaTypes } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/schema.ts';

const packageSchema = z.looseObject({
  name: z.string(),
  version: z.string().optional(),
  description: z.string().optional(),
  license: z.string().optional(),
});

/** A package of which some files are in a bundle. */
type Package = z.infer<typeof packageSchema>;

/** What an image is built from, as its SBOM says it. */
export interface SbomSubject {
  readonly app: string;
  readonly base: { readonly reference?: string; readonly digest: string };
  /** Files that were bundled, absolute. */
  readonly sources: readonly string[];
}

/** The media type of CycloneDX in JSON: https://cyclonedx.org/specification/overview/. */
const sbomMediaType = 'application/vnd.cyclonedx+json';

/**
 * A CycloneDX 1.6 document of what is in an image: the base image, and every package of which files were bundled,
 * not those that are merely installed. Same bundle, same bytes: it has no serial number and no time.
 */
export async function sbom({ app, base, sources }: SbomSubject): Promise<Uint8Array<ArrayBuffer>> {
  const bom = new Models.Bom();
  bom.metadata.component = new Models.Component(Enums.ComponentType.Application, app, { bomRef: app });
  bom.components.add(
    new Models.Component(Enums.ComponentType.Container, base.reference ?? 'base image', {
      version: base.digest,
      bomRef: base.digest,
    }),
  );
  for (const { name, version, description, license } of await packagesOf(sources)) {
    const [group, short] = name.startsWith('@') ? name.split('/') : [undefined, name];
    const purl = new PackageURL('npm', group, short ?? name, version).toString();
    bom.components.add(
      new Models.Component(Enums.ComponentType.Library, short ?? name, {
        group,
        version,
        description,
        purl,
        bomRef: purl,
        licenses: new Models.LicenseRepository(license ? [licenseOf(license)] : []),
      }),
    );
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return new TextEncoder().encode(`${serializer.serialize(bom, { sortLists: true, space: 1 })}\n`);
}

/** An SBOM as an artifact that refers to an image (OCI image-spec 1.1, `subject`). */
export function sbomReferrer(document: Uint8Array<ArrayBuffer>, subject: Descriptor): PlatformImage {
  const config = memoryBlob('application/vnd.oci.empty.v1+json', new TextEncoder().encode('{}'));
  const layer = memoryBlob(sbomMediaType, document);
  const manifest = jsonDocument(mediaTypes.manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: sbomMediaType,
    config: config.descriptor,
    layers: [layer.descriptor],
    subject,
  });
  return { manifest, config, layers: [layer] };
}

/** The packages that some files belong to, each once, in the order of their names and versions. */
async function packagesOf(sources: readonly string[]): Promise<Package[]> {
  const folders = new Set(sources.map(packageFolder).filter((folder) => folder !== undefined));
  const packages = await Promise.all(
    [...folders].map(async (folder) =>
      packageSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))),
    ),
  );
  return packages.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** The folder of a file's package: under the last `node_modules`, or `libs/<name>` and the like in the workspace. */
function packageFolder(source: string): string | undefined {
  const installed = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(source)?.[0];
  return installed ?? /^.*(?=\/src\/)/.exec(source)?.[0];
}

function licenseOf(license: string): Models.SpdxLicense | Models.LicenseExpression | Models.NamedLicense {
  if (SPDX.isSupportedSpdxId(license)) return new Models.SpdxLicense(license);
  if (/ (OR|AND|WITH) /.test(license)) return new Models.LicenseExpression(license);
  return new Models.NamedLicense(license);
}
