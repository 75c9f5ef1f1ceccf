import { gzipSync } from 'fflate';

/**
 * Gzip with the same bytes on every machine: the compressor is plain JavaScript, because the zlib built into Node
 * may choose other matches on other processors and in other releases; the header carries no time and no name.
 */
export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes, { level: 6, mtime: 0 }));
}
