import { type EcrDouble, EcrFault, type RequestFault, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { beforeAll, expect, test } from 'vitest';
import type { Image } from '../oci/image.ts';
import { exampleImage } from '../testing/fixtures.ts';
import { pushTo, targetOf } from '../testing/push-fixture.ts';
import { verifyImage } from './verify.ts';

const { signal } = new AbortController();
let image: Image;
beforeAll(async () => {
  image = await exampleImage();
});

async function doubleWithImage(): Promise<EcrDouble> {
  const double = await startEcrDouble();
  await pushTo(double, image);
  return double;
}

test.each<RequestFault>(['cut', 'cut-answer', 503])(
  'a download that fails once (%s) is tried again',
  async (fault) => {
    await using double = await doubleWithImage();
    double.faultOfRequest = (_, number) => (number === 0 ? fault : undefined);
    const downloaded = new Map<string, number>();
    await verifyImage(targetOf(double), image, 'v1', signal, ({ digest }, bytes) =>
      downloaded.set(digest, bytes),
    );
    expect(double.requests.length).toBe(double.store.layers.size + 1);
    for (const [digest, bytes] of downloaded) expect(bytes).toBe(double.store.layers.get(digest)?.length);
  },
);

test('content that is damaged on every download is named, layer by layer', async () => {
  await using double = await doubleWithImage();
  double.faultOfRequest = () => 'damage';
  const error = await verifyImage(targetOf(double), image, 'v1', signal).catch(String);
  expect(String(error).match(/has content of digest sha256:/g)).toHaveLength(double.store.layers.size);
});

test('a tag that names another image, and one that is not there', async () => {
  await using double = await doubleWithImage();
  await pushTo(double, await exampleImage('console.log("changed")\n'));
  await expect(verifyImage(targetOf(double), image, 'v1', signal)).rejects.toThrow(
    /tag v1 names sha256:\w+, not/,
  );
  await expect(verifyImage(targetOf(double), image, 'v2', signal)).rejects.toThrow(
    /tag v2 names nothing, not/,
  );
  // Pushed from another commit, it has the tag of that one.
  await verifyImage(targetOf(double), image, undefined, signal);
});

test('an endpoint without downloads: what was compared is said, and that contents were not', async () => {
  await using double = await doubleWithImage();
  double.faultOf = ({ operation }) =>
    operation === 'GetDownloadUrlForLayer'
      ? new EcrFault('UnknownOperationException', 'no such call')
      : undefined;
  await expect(verifyImage(targetOf(double), image, 'v1', signal)).rejects.toThrow(
    /no downloads of layers \(GetDownloadUrlForLayer: no such call\).*sizes of the layers are as they were built/s,
  );
});

test('a page in place of the answer is no download either', async () => {
  await using double = await doubleWithImage();
  double.faultOf = ({ operation }) => (operation === 'GetDownloadUrlForLayer' ? 'page' : undefined);
  const target = targetOf(double, { maxAttempts: 1 });
  await expect(verifyImage(target, image, 'v1', signal)).rejects.toThrow(/no downloads of layers/);
});
