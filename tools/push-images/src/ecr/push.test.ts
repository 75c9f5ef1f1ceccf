import {
  type Call,
  EcrFault,
  type EcrOperation,
  type EcrStore,
  type Fault,
  startEcrDouble,
} from '@envoy-poc/doubles/ecr';
import { beforeAll, expect, test } from 'vitest';
import { digestOf } from '../oci/digest.ts';
import { blobsOf, type Image, memoryBlob } from '../oci/image.ts';
import { exampleImage } from '../testing/fixtures.ts';
import { pushTo, storeContents, targetOf } from '../testing/push-fixture.ts';
import { pushImage } from './push.ts';

let image: Image;
let other: Image;

beforeAll(async () => {
  [image, other] = await Promise.all([exampleImage(), exampleImage('console.log("changed")\n')]);
});

/** A fault at the n-th call of an operation, counted from 1. */
function at(operation: EcrOperation, nth: number, fault: Fault): (call: Call) => Fault | undefined {
  let count = 0;
  return (call) => (call.operation === operation && ++count === nth ? fault : undefined);
}

test('layers first, children before their index, the tag last of all', async () => {
  await using double = await startEcrDouble({ partBytes: 1000 });
  await pushTo(double, image);
  const order = double.calls.map(({ operation }) => operation);
  expect(order.lastIndexOf('CompleteLayerUpload')).toBeLessThan(order.indexOf('PutImage'));
  expect(order.at(-1)).toBe('PutImage');
  expect(order.filter((operation) => operation === 'PutImage')).toHaveLength(4);
  expect(double.store.tags.get('v1')).toBe(image.root.descriptor.digest);
  expect(double.store.uploads.size).toBe(0);
});

test('a second push sends nothing, and one after a changed line sends only what changed', async () => {
  await using double = await startEcrDouble();
  await pushTo(double, image);
  const first = double.calls.length;
  await pushTo(double, image);
  const second = double.calls.slice(first).map(({ operation }) => operation);
  expect(second).not.toContain('InitiateLayerUpload');
  const target = targetOf(double);
  const plan = await pushImage(target, other, 'v2', new AbortController().signal);
  // The application layer and a configuration for each of two platforms.
  expect(plan.missing).toHaveLength(3);
  expect(plan.present).toHaveLength(2);
});

test.each<[string, EcrOperation, number, Fault]>([
  ['the registry forgets an upload before its second part', 'UploadLayerPart', 2, forgetUploads],
  ['the registry forgets an upload before it is completed', 'CompleteLayerUpload', 1, forgetUploads],
  ['a part is damaged on its way', 'UploadLayerPart', 2, damagePart],
  [
    'a part is said to be out of order',
    'UploadLayerPart',
    2,
    new EcrFault('InvalidLayerPartException', 'again'),
  ],
  [
    'the digest of an upload is refused',
    'CompleteLayerUpload',
    2,
    new EcrFault('InvalidLayerException', 'no'),
  ],
  ['the upload is said to be empty', 'CompleteLayerUpload', 1, new EcrFault('EmptyUploadException', 'no')],
  ['somebody else completes the same layer first', 'CompleteLayerUpload', 1, completeElsewhere],
  ['somebody else puts the same manifest first', 'PutImage', 1, putElsewhere],
  ['somebody else sets the same tag first', 'PutImage', 4, putElsewhere],
  ['a layer is gone when its manifest is put', 'PutImage', 1, removeLayer],
  ['a child is gone when its index is put', 'PutImage', 3, removeImage],
])('%s: the image arrives whole', async (_, operation, nth, fault) => {
  await using clean = await startEcrDouble();
  await pushTo(clean, image);
  await using double = await startEcrDouble();
  let happened = false;
  const faultOf = at(operation, nth, fault);
  double.faultOf = (call) => {
    const found = faultOf(call);
    happened ||= found !== undefined;
    return found;
  };
  await pushTo(double, image);
  expect(happened).toBe(true);
  expect(storeContents(double.store)).toEqual(storeContents(clean.store));
});

test('part of a part arrived: only the rest is sent', async () => {
  await using double = await startEcrDouble({ partBytes: 1000, minimumPartBytes: 64 });
  double.faultOf = at('UploadLayerPart', 1, (store, request) => {
    const bytes = Buffer.from(String(request.layerPartBlob), 'base64').subarray(0, 100);
    const { uploadId } = request;
    store.part({
      ...part(request),
      uploadId: String(uploadId),
      partLastByte: 99,
      layerPartBlob: bytes.toString('base64'),
    });
  });
  await pushTo(double, image);
  expect(double.store.tags.get('v1')).toBe(image.root.descriptor.digest);
  const begun = double.calls.filter(({ operation }) => operation === 'InitiateLayerUpload');
  expect(begun).toHaveLength(blobsOf(image).length);
});

test('only AVAILABLE counts: an archived layer is sent again', async () => {
  await using double = await startEcrDouble();
  await pushTo(double, image);
  const digest = blobsOf(image)[0]?.descriptor.digest ?? '';
  double.store.archived.add(digest);
  const plan = await pushImage(targetOf(double), image, 'v1', new AbortController().signal);
  expect(plan.missing.map(({ descriptor }) => descriptor.digest)).toEqual([digest]);
  expect(double.store.archived.size).toBe(0);
});

test('a registry that damages every upload is given up, and nothing is tagged', async () => {
  await using double = await startEcrDouble();
  double.faultOf = ({ operation }) => (operation === 'UploadLayerPart' ? damagePart : undefined);
  await expect(pushTo(double, image)).rejects.toThrow(
    /did not take layer sha256:\w+ in 3 uploads.*InvalidLayer/s,
  );
  expect(storeContents(double.store)).toEqual({ layers: [], images: [], tags: {} });
});

test('an immutable tag that names another image is an error with both digests, and stays', async () => {
  await using double = await startEcrDouble({ immutableTags: true });
  await pushTo(double, image);
  const [mine, theirs] = [other.root.descriptor.digest, image.root.descriptor.digest];
  await expect(pushTo(double, other)).rejects.toThrow(
    new RegExp(`immutable and names ${theirs}.*this build is ${mine}`, 's'),
  );
  expect(double.store.tags.get('v1')).toBe(theirs);
});

test('an immutable tag that names the same image already is success', async () => {
  await using double = await startEcrDouble({ immutableTags: true });
  await pushTo(double, image);
  await pushTo(double, image);
});

test('a mutable tag moves', async () => {
  await using double = await startEcrDouble();
  await pushTo(double, image);
  await pushTo(double, other);
  expect(double.store.tags.get('v1')).toBe(other.root.descriptor.digest);
});

test.each<[string, RegExp, EcrOperation, (store: EcrStore) => void]>([
  ['a manifest with other bytes', /has other bytes/, 'BatchGetImage', changeManifest],
  [
    'a layer of another size',
    /has \d+ bytes, not \d+/,
    'BatchCheckLayerAvailability',
    (store) => store.layers.set(firstLayer(store), Buffer.alloc(7)),
  ],
  ['a layer that is gone', /layer sha256:\w+ is not there/, 'BatchCheckLayerAvailability', removeLayer],
])('read back after the push: %s is found, and no tag is set', async (_, message, operation, change) => {
  await using double = await startEcrDouble();
  // The second time a repository is asked what it holds is after the push.
  double.faultOf = at(operation, 2, change);
  await expect(pushTo(double, image)).rejects.toThrow(message);
  expect(double.store.tags.size).toBe(0);
});

test.each([
  ['empty', new Uint8Array(), /is empty/],
  ['larger than ECR takes', new Uint8Array(1), /52,000 MiB/],
])('a layer that is %s is refused before anything is sent', async (_, bytes, message) => {
  await using double = await startEcrDouble();
  const layer = memoryBlob('application/vnd.oci.image.layer.v1.tar+gzip', bytes);
  const size = bytes.length === 0 ? 0 : 52_000 * 1024 * 1024 + 1;
  const refused = { ...layer, descriptor: { ...layer.descriptor, size } };
  const platforms = image.platforms.map((each) => ({ ...each, layers: [...each.layers, refused] }));
  await expect(pushTo(double, { ...image, platforms })).rejects.toThrow(message);
  expect(double.calls).toHaveLength(0);
});

test('content that changes while it is read never becomes a layer', async () => {
  await using double = await startEcrDouble();
  const [first, ...rest] = image.platforms;
  if (!first) throw new Error('no platform');
  const changed = {
    ...first.config,
    content: async () => new Blob([Buffer.alloc(first.config.descriptor.size, 'x')]),
  };
  const platforms = [{ ...first, config: changed }, ...rest];
  await expect(pushTo(double, { ...image, platforms })).rejects.toThrow(/changed while it was read/);
  expect(double.store.layers.has(changed.descriptor.digest)).toBe(false);
});

function part(request: Record<string, unknown>) {
  return { registryId: '', repositoryName: '', partFirstByte: Number(request.partFirstByte) };
}

function forgetUploads(store: EcrStore): void {
  store.uploads.clear();
}

function damagePart(_: EcrStore, request: Record<string, unknown>): void {
  const bytes = Buffer.from(String(request.layerPartBlob), 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  request.layerPartBlob = bytes.toString('base64');
}

function completeElsewhere(store: EcrStore, request: Record<string, unknown>): void {
  const open = store.uploads.get(String(request.uploadId));
  const layer = Buffer.concat(open?.parts ?? []);
  store.layers.set(digestOf(layer), layer);
}

function putElsewhere(store: EcrStore, request: Record<string, unknown>): void {
  const text = String(request.imageManifest);
  const digest = String(request.imageDigest);
  store.images.set(digest, { text, mediaType: String(request.imageManifestMediaType), pushedAt: 0 });
  if (request.imageTag) store.tags.set(String(request.imageTag), digest);
}

function firstLayer(store: EcrStore): string {
  return [...store.layers.keys()][0] ?? '';
}

function removeLayer(store: EcrStore): void {
  store.layers.delete(firstLayer(store));
}

function removeImage(store: EcrStore): void {
  store.images.delete([...store.images.keys()][0] ?? '');
}

function changeManifest(store: EcrStore): void {
  for (const [digest, stored] of store.images)
    store.images.set(digest, { ...stored, text: `${stored.text} ` });
}
