import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from './digest.ts';
import { gzip } from './gzip.ts';

test('any bytes come back whole', () => {
  return fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
      expect(gunzipSync(await gzip(bytes)).equals(bytes)).toBe(true);
    }),
    // Each is a thread.
    { numRuns: 30 },
  );
});

test('the header says no time, no name and always the same system (RFC 1952)', async () => {
  expect([...(await gzip(new Uint8Array([1, 2, 3]))).slice(0, 10)]).toEqual([
    31, 139, 8, 0, 0, 0, 0, 0, 0, 3,
  ]);
});

// Were the compressor to change, every image would get another digest without any change of its content.
test('known bytes compress to known bytes', async () => {
  const text = Array.from({ length: 2000 }, (_, n) => `line ${n * 7919} of a bundle\n`).join('');
  expect(digestOf(await gzip(Buffer.from(text)))).toMatchInlineSnapshot(
    `"sha256:4203907935376f4fb940bd2158c4aceb358fe05d47d7dbd962177b900a5a95f8"`,
  );
});

test('the gzip command takes it', async () => {
  const input = await gzip(Buffer.from('hello'));
  expect(execFileSync('gzip', ['-dc'], { input }).toString()).toBe('hello');
});
