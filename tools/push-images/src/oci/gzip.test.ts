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
  expect([...gzip(new Uint8Array([1, 2, 3])).slice(0, 10)]).toEqual([31, 139, 8, 0, 0, 0, 0, 0, 2, 3]);
});

// Were the compressor to change, every image would get another digest without any change of its content.
test('known bytes compress to known bytes', () => {
  const text = Array.from({ length: 2000 }, (_, n) => `line ${n * 7919} of a bundle\n`).join('');
  expect(digestOf(gzip(Buffer.from(text)))).toMatchInlineSnapshot(
    `"sha256:b92c3d8765d94a5f9ca443d6790ebc57c5bb4e1627cfff7e9b5fc68c3acd8101"`,
  );
});

test('the gzip command takes it', () => {
  expect(execFileSync('gzip', ['-dc'], { input: gzip(Buffer.from('hello')) }).toString()).toBe('hello');
});
