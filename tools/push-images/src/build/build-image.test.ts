import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Base } from '../base/base.ts';
import { digestOf } from '../oci/digest.ts';
import { type ImageConfig, imageConfigSchema, indexSchema, manifestSchema } from '../oci/schema.ts';
import { exampleBase, exampleLayer, temporaryFolder, writeBundle } from '../testing/fixtures.ts';
import { type AppLayer, appLayer } from './app-layer.ts';
import { buildImage } from './build-image.ts';

let base: Base;
let layer: AppLayer;
beforeAll(async () => {
  [base, layer] = await Promise.all([exampleBase(), exampleLayer()]);
});

function build(on: Base = base) {
  return buildImage({ base: on, layer, labels: { 'a.label': 'value' } });
}

/** The base with layers of another media type. */
const withLayer = (mediaType: string): Base => ({
  ...base,
  images: base.images.map((image) => ({
    ...image,
    layers: image.layers.map((blob) => ({ ...blob, descriptor: { ...blob.descriptor, mediaType } })),
  })),
});

/** A document's media types: its own, and those of what it names. */
async function typesOf(on: Base): Promise<Record<string, unknown>> {
  const image = build(on);
  const index = indexSchema.parse(JSON.parse(new TextDecoder().decode(image.root.bytes)));
  const [first] = image.platforms;
  const manifest = manifestSchema.parse(JSON.parse(new TextDecoder().decode(first?.manifest.bytes)));
  return {
    index: index.mediaType,
    children: index.manifests.map(({ mediaType }) => mediaType),
    manifest: manifest.mediaType,
    config: manifest.config.mediaType,
    layers: manifest.layers.map(({ mediaType }) => mediaType),
  };
}

test.each([
  ['OCI', 'application/vnd.oci.image.layer.v1.tar+gzip'],
  ['Docker', 'application/vnd.docker.image.rootfs.diff.tar.gzip'],
])('OCI media types throughout, the layers of the base being of %s', async (_, baseType) => {
  const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  const manifest = 'application/vnd.oci.image.manifest.v1+json';
  expect(await typesOf(withLayer(baseType))).toEqual({
    index: 'application/vnd.oci.image.index.v1+json',
    children: [manifest, manifest],
    manifest,
    config: 'application/vnd.oci.image.config.v1+json',
    layers: [layerType, layerType],
  });
});

test('one platform is one manifest without an index', async () => {
  const image = build(await exampleBase(['linux/arm64']));
  expect(image.root).toBe(image.platforms[0]?.manifest);
});

test('the index says the platform of each child', () => {
  const index = indexSchema.parse(JSON.parse(new TextDecoder().decode(build().root.bytes)));
  expect(index.manifests.map(({ platform }) => platform)).toEqual([
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'arm64', os: 'linux' },
  ]);
});

test('the configuration keeps what the base says and adds what the app needs', async () => {
  const content = await build().platforms[1]?.config.content();
  const config: ImageConfig = imageConfigSchema.parse(JSON.parse((await content?.text()) ?? ''));
  expect(config).toMatchObject({
    architecture: 'arm64',
    created: '1970-01-01T00:00:01.000Z',
    config: {
      Entrypoint: ['/nodejs/bin/node'],
      Cmd: ['--max-semi-space-size=2', '/app/main.cjs'],
      User: '1000:1000',
      WorkingDir: '/app',
      Env: ['PATH=/bin', 'NODE_ENV=production'],
      Labels: { 'a.label': 'value' },
    },
  });
  expect(config.rootfs.diff_ids).toEqual([...(base.images[1]?.config.rootfs.diff_ids ?? []), layer.diffId]);
});

test('the layer is the tar whose digest the configuration names', () => {
  expect(digestOf(gunzipSync(layer.bytes))).toBe(layer.diffId);
});

describe('a base that cannot be built on is refused:', () => {
  test.each([
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
  ])('layer %s', (mediaType) => {
    expect(() => build(withLayer(mediaType))).toThrow(/cannot hold.*tar\+zstd/s);
  });

  test('zstd is kept in OCI', () => {
    const image = build(withLayer('application/vnd.oci.image.layer.v1.tar+zstd'));
    expect(image.platforms[0]?.layers[0]?.descriptor.mediaType).toBe(
      'application/vnd.oci.image.layer.v1.tar+zstd',
    );
  });

  test.each([
    [
      'an entrypoint that is not Node',
      { Entrypoint: ['/bin/sh', '-c'] },
      /is \["\/bin\/sh","-c"\], not Node/,
    ],
    ['no entrypoint', { Entrypoint: null }, /is null, not Node/],
  ])('%s', (_, config, message) => {
    const images = base.images.map((image) => ({ ...image, config: { ...image.config, config } }));
    expect(() => build({ ...base, images })).toThrow(message);
  });
});

test('an empty bundle is refused with the target to run', async () => {
  await using folder = await temporaryFolder();
  await writeBundle(folder.path);
  await writeFile(join(folder.path, 'dist/main.cjs'), '');
  await expect(appLayer(folder.path, 'ws-server')).rejects.toThrow(/is empty.*npx nx run ws-server:build/s);
});
