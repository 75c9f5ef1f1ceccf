import { join, resolve } from 'node:path';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import * as Validation from '@cyclonedx/cyclonedx-library/Validation';
import { beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { mediaTypes } from '../oci/media-types.ts';
import { sbom, sbomReferrer } from './sbom.ts';

const workspace = resolve(import.meta.dirname, '../../../..');
const base = { reference: 'example.com/node:24', digest: `sha256:${'0'.repeat(64)}` };
/** As esbuild names them: two files of one package, one of a package with a scope, one of this workspace. */
const sources = [
  'node_modules/ws/lib/websocket.js',
  'node_modules/ws/lib/receiver.js',
  'node_modules/@opentelemetry/api/build/src/index.js',
  'libs/env/src/index.ts',
].map((path) => join(workspace, path));

const component = z.object({
  type: z.string(),
  name: z.string(),
  group: z.string().optional(),
  version: z.string(),
  purl: z.string().optional(),
  licenses: z.array(z.object({ license: z.object({ id: z.string() }) })).optional(),
});
let document: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  document = await sbom({ app: 'ws-server', base, sources });
});

test('names each package of which a file was bundled, once, and the base image', () => {
  const { components } = z
    .object({ components: z.array(component) })
    .parse(JSON.parse(new TextDecoder().decode(document)));
  const names = components.map(({ group, name }) => (group ? `${group}/${name}` : name));
  expect(names.sort()).toEqual(['@envoy-poc/env', '@opentelemetry/api', 'example.com/node:24', 'ws']);
  const ws = components.find(({ name }) => name === 'ws');
  expect(ws).toMatchObject({
    type: 'library',
    purl: `pkg:npm/ws@${ws?.version}`,
    licenses: [{ license: { id: 'MIT' } }],
  });
  expect(components).toContainEqual({ type: 'container', name: base.reference, version: base.digest });
});

test('is valid by the schema of CycloneDX 1.6', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(new TextDecoder().decode(document))).toBeNull();
  expect(await validator.validate('{"bomFormat":"CycloneDX"}')).not.toBeNull();
});

test('has the same bytes every time, in whatever order files are named', async () => {
  expect(await sbom({ app: 'ws-server', base, sources: sources.toReversed() })).toEqual(document);
});

test('refers to its image by digest', () => {
  const subject = { mediaType: mediaTypes.index, digest: `sha256:${'1'.repeat(64)}`, size: 7 };
  const { manifest, layers } = sbomReferrer(document, subject);
  expect(JSON.parse(new TextDecoder().decode(manifest.bytes))).toMatchObject({
    artifactType: 'application/vnd.cyclonedx+json',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    layers: [layers[0]?.descriptor],
    subject,
  });
});
