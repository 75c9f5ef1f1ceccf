import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EcrDouble, type RequestFault, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { beforeAll, expect, test } from 'vitest';
import { blobsOf, type Image } from '../oci/image.ts';
import { exampleImage, temporaryFolder } from '../testing/fixtures.ts';
import { pushTo } from '../testing/push-fixture.ts';
import { type Base, readBase } from './base.ts';
import { BlobCache } from './cache.ts';
import type { Credentials } from './credentials.ts';
import { parseReference } from './reference.ts';
import { registrySource } from './registry.ts';

let image: Image;
beforeAll(async () => {
  image = await exampleImage();
});

/** Reads the image that was pushed to a double as a base, its layers too, with a cache in a folder. */
async function readFrom(
  double: EcrDouble,
  folder: string,
  suffix = `@${image.root.descriptor.digest}`,
  credentials?: Credentials,
): Promise<Base> {
  const reference = parseReference(`${double.endpoint.replace('http://', '')}/app${suffix}`);
  const options = { credentials: async () => credentials, retryMilliseconds: 1 };
  const base = await readBase(registrySource(reference, new BlobCache(folder), options), undefined);
  for (const { layers } of base.images) for (const layer of layers) await layer.content();
  return base;
}

async function doubleWithImage(authorization: 'none' | 'basic' | 'bearer' = 'none'): Promise<EcrDouble> {
  const double = await startEcrDouble({ authorization });
  await pushTo(double, image);
  return double;
}

test.each(['none', 'bearer'] as const)(
  'anonymous, authorization %s: both platforms and all layers',
  async (authorization) => {
    await using double = await doubleWithImage(authorization);
    await using folder = await temporaryFolder();
    const base = await readFrom(double, folder.path);
    expect(base.digest).toBe(image.root.descriptor.digest);
    expect(base.images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    const layers = base.images.flatMap((each) => each.layers.map(({ descriptor }) => descriptor.digest));
    expect(new Set(layers)).toEqual(
      new Set(image.platforms.flatMap((each) => each.layers.map(({ descriptor }) => descriptor.digest))),
    );
  },
);

test('a registry that wants a password gets it; without one the error says how to log in', async () => {
  await using double = await doubleWithImage('basic');
  await using folder = await temporaryFolder();
  await expect(readFrom(double, folder.path)).rejects.toThrow(/docker login 127\.0\.0\.1/);
  const base = await readFrom(double, folder.path, undefined, { username: 'AWS', password: 'secret' });
  expect(base.images).toHaveLength(2);
});

test('a second read takes everything from the cache, and asks only for what is missing or damaged in it', async () => {
  await using double = await doubleWithImage();
  await using folder = await temporaryFolder();
  await readFrom(double, folder.path);
  const first = double.requests.length;
  expect(first).toBeGreaterThan(5);
  await readFrom(double, folder.path);
  expect(double.requests.length).toBe(first);
  const blobs = join(folder.path, 'blobs/sha256');
  const largest = blobsOf(image)[0]?.descriptor.digest.slice('sha256:'.length) ?? '';
  await writeFile(join(blobs, largest), 'damaged');
  await readFrom(double, folder.path);
  expect(double.requests.slice(first)).toEqual([`GET /v2/app/blobs/sha256:${largest}`]);
  expect((await readdir(blobs)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test.each<RequestFault>(['cut', 'cut-answer', 'damage', 429, 500, 503])(
  'fault %s, once at each request: the base arrives whole and checked',
  async (fault) => {
    await using clean = await doubleWithImage();
    await using cleanFolder = await temporaryFolder();
    await readFrom(clean, cleanFolder.path);
    for (const [number] of clean.requests.entries()) {
      await using double = await doubleWithImage();
      await using folder = await temporaryFolder();
      double.faultOfRequest = (_, at) => (at === number ? fault : undefined);
      const base = await readFrom(double, folder.path);
      expect(base.images).toHaveLength(2);
      expect(double.requests.length, 'a request was repeated').toBeGreaterThan(clean.requests.length);
    }
  },
);

test('a registry that always damages content is given up with both digests named, and nothing is kept', async () => {
  await using double = await doubleWithImage();
  await using folder = await temporaryFolder();
  double.faultOfRequest = () => 'damage';
  await expect(readFrom(double, folder.path)).rejects.toThrow(
    /asked for blob sha256:\w+, got .* of digest sha256:\w+/,
  );
  expect(await readdir(join(folder.path, 'blobs/sha256'))).toEqual([]);
});

test('a registry that is not there: the error names it and the way without a network', async () => {
  await using folder = await temporaryFolder();
  const double = await doubleWithImage();
  await double[Symbol.asyncDispose]();
  await expect(readFrom(double, folder.path)).rejects.toThrow(
    /cannot be reached, tried 3 times.*--base oci:base/s,
  );
});

test('a base without a digest is refused, and the error has the digest of today', async () => {
  await using double = await doubleWithImage();
  await using folder = await temporaryFolder();
  await expect(readFrom(double, folder.path, ':v1')).rejects.toThrow(
    `app:v1@${image.root.descriptor.digest}`,
  );
});

test('a platform that the base lacks is named with those it has', async () => {
  await using double = await doubleWithImage();
  const reference = parseReference(
    `${double.endpoint.replace('http://', '')}/app@${image.root.descriptor.digest}`,
  );
  await using folder = await temporaryFolder();
  const source = registrySource(reference, new BlobCache(folder.path), {
    credentials: async () => undefined,
  });
  await expect(readBase(source, ['linux/s390x'])).rejects.toThrow(
    /linux\/s390x; it is for linux\/amd64, linux\/arm64/,
  );
});
