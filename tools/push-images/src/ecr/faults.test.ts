import { type Call, EcrFault, type Fault, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { beforeAll, describe, expect, test } from 'vitest';
import { sbomReferrer } from '../build/sbom.ts';
import type { Image } from '../oci/image.ts';
import { exampleImage } from '../testing/fixtures.ts';
import { pushTo, type StoreContents, storeContents } from '../testing/push-fixture.ts';

/** Faults that another try mends. */
const transient: Record<string, Fault> = {
  throttled: new EcrFault('ThrottlingException', 'Rate exceeded'),
  'server exception': new EcrFault('ServerException', 'server trouble'),
  'HTTP 500': 500,
  'HTTP 503': 503,
  'connection cut before it is done': 'cut',
  'done, answer lost': 'lost-answer',
  'done, connection cut within the answer': 'cut-answer',
  'no answer': 'stall',
};

/** How long a push waits for an answer: briefly where none comes. */
const patience = (fault: Fault) => ({ requestTimeoutMilliseconds: fault === 'stall' ? 5000 : 30_000 });

let image: Image;
let expected: StoreContents;
let calls: readonly Call[];
/** The first call of each kind, and the last, by their numbers. */
let firsts: readonly number[];
let lasts: readonly number[];

beforeAll(async () => {
  image = await imageWithSbom();
  await using double = await startEcrDouble();
  await pushTo(double, image);
  expected = storeContents(double.store);
  calls = double.calls;
  lasts = [...new Map(calls.map(({ operation, number }) => [operation, number])).values()];
  firsts = [...new Map(calls.toReversed().map(({ operation, number }) => [operation, number])).values()];
});

/** An image of two platforms, and an SBOM that refers to it. */
async function imageWithSbom(): Promise<Image> {
  const built = await exampleImage();
  const document = new TextEncoder().encode('{"bomFormat":"CycloneDX"}');
  return { ...built, referrers: [sbomReferrer(document, built.root.descriptor)] };
}

test('a push makes every kind of call, so every kind is tried below', () => {
  expect(new Set(calls.map(({ operation }) => operation))).toEqual(
    new Set([
      'BatchCheckLayerAvailability',
      'InitiateLayerUpload',
      'UploadLayerPart',
      'CompleteLayerUpload',
      'BatchGetImage',
      'PutImage',
    ]),
  );
  expect(calls.length).toBeGreaterThan(30);
});

/** A push with a fault at that call. */
async function pushWithFault(number: number, fault: Fault): Promise<void> {
  await using double = await startEcrDouble();
  double.faultOf = (call) => (call.number === number ? fault : undefined);
  await pushTo(double, image, patience(fault));
  expect(storeContents(double.store), `fault at call ${number}`).toEqual(expected);
}

test('done, answer lost, once, at any call of a push: the image arrives whole', {
  timeout: 180_000,
}, async () => {
  await Promise.all(calls.map(({ number }) => pushWithFault(number, 'lost-answer')));
});

// Many pushes wait out retries in one test.
describe.concurrent.each(Object.entries(transient))('%s', { timeout: 180_000 }, (_, fault) => {
  test('once, at the first and the last call of each kind: the image arrives whole', async () => {
    await Promise.all([...new Set([...firsts, ...lasts])].map((number) => pushWithFault(number, fault)));
  });

  test('for ever, from the first call of each kind on: the push fails, and no tag is set', async () => {
    await Promise.all(
      firsts.map(async (number) => {
        await using double = await startEcrDouble();
        double.faultOf = (call) => (call.number >= number ? fault : undefined);
        await expect(pushTo(double, image, { maxAttempts: 2, ...patience(fault) })).rejects.toThrow();
        expect(double.store.tags.size, `fault from call ${number} on`).toBe(0);
      }),
    );
  });
});

test('control: without another try every one of these faults ends the push', async () => {
  await Promise.all(
    Object.entries(transient).map(async ([name, fault]) => {
      await using double = await startEcrDouble();
      double.faultOf = (call) => (call.number === 3 ? fault : undefined);
      await expect(pushTo(double, image, { maxAttempts: 1, ...patience(fault) }), name).rejects.toThrow();
    }),
  );
});

test('interrupted at each call, then run again: no tag before, all there after, nothing sent twice', async () => {
  await Promise.all(
    calls.map(async ({ number }) => {
      await using double = await startEcrDouble();
      const interrupt = new AbortController();
      double.faultOf = (call) => {
        if (call.number === number) interrupt.abort();
        return undefined;
      };
      await expect(pushTo(double, image, { signal: interrupt.signal })).rejects.toThrow(/abort/i);
      const before = storeContents(double.store);
      expect(before.tags, `interrupted at call ${number}`).toEqual(
        number === calls.length - 1 ? expect.anything() : {},
      );
      // What was on its way when the push was interrupted may still arrive: what counts is what is there by the next call.
      const first = double.calls.length;
      let there = 0;
      double.faultOf = (call) => {
        if (call.number === first) there = double.store.layers.size;
        return undefined;
      };
      await pushTo(double, image);
      expect(storeContents(double.store)).toEqual(expected);
      const completed = double.calls
        .slice(first)
        .filter(({ operation }) => operation === 'CompleteLayerUpload');
      expect(completed.length).toBe(expected.layers.length - there);
    }),
  );
});
