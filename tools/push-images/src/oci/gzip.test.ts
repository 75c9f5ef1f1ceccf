import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from './digest.ts';
import { gzip } from './gzip.ts';

test('any bytes come back whole', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
      expect(gunzipSync(gzip(bytes)).equals(bytes)).toBe(true);
    }),
  );
});

test('the header says no time, no name and always the same system (RFC 1952)', () => {
  expect([...gzip(new Uint8Array([1, 2, 3])).slice(0, 10)]).toEqual([31, 139, 8, 0, 0, 0, 0, 0, 0, 3]);
});

// Were the compressor to change, every image would get another digest without any change of its content.
test('known bytes compress to known bytes', () => {
  const text = Array.from({ length: 2000 }, (_, n) => `line ${n * 7919} of a bundle\n`).join('');
  expect(digestOf(gzip(Buffer.from(text)))).toMatchInlineSnapshot(
    `"sha256:4203907935376f4fb940bd2158c4aceb358fe05d47d7dbd962177b900a5a95f8"`,
  );
});

test('the gzip command takes it', () => {
  expect(execFileSync('gzip', ['-dc'], { input: gzip(Buffer.from('hello')) }).toString()).toBe('hello');
});
