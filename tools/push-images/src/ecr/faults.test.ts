import { beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../oci/image.ts';
import { type Call, type Fault, startEcrDouble } from '../testing/ecr-double.ts';
import { EcrFault } from '../testing/ecr-store.ts';
import { exampleImage } from '../testing/fixtures.ts';
import { contentsOf, pushTo } from '../testing/push-fixture.ts';

const transient: Record<string, Fault> = {
  throttled: new EcrFault('ThrottlingException', 'Rate exceeded'),
  'server exception': new EcrFault('ServerException', 'server trouble'),
  'HTTP 500': 500,
  'HTTP 502': 502,
  'HTTP 503': 503,
  'connection cut before it is done': 'cut',
  'done, answer lost': 'lost-answer',
  'done, connection cut within the answer': 'cut-answer',
  'no answer': 'stall',
};

let image: Image;
let expected: object;
let calls: readonly Call[];

beforeAll(async () => {
  image = await exampleImage();
  await using double = await startEcrDouble();
  await pushTo(double, image);
  expected = contentsOf(double.store);
  calls = double.calls;
});

describe.each(Object.entries(transient))('%s, once at each call of a push', (_, fault) => {
  test('the image arrives whole, as without it', async () => {
    expect(calls.length).toBeGreaterThan(20);
    await Promise.all(
      calls.map(async ({ number }) => {
        await using double = await startEcrDouble();
        double.faultOf = (call) => (call.number === number ? fault : undefined);
        await pushTo(double, image);
        expect(contentsOf(double.store), `fault at call ${number}`).toEqual(expected);
        expect(double.calls.length).toBeGreaterThan(number);
      }),
    );
  });
});
