import { gzip as compress } from 'fflate';

/**
 * Gzip with the same bytes on every machine: the compressor is plain JavaScript, because the zlib built into Node
 * may choose other matches on other processors and in other releases; the header carries no time and no name.
 * A thread of its own does the work.
 */
export function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    compress(bytes, { level: 6, mtime: 0 }, (error, zipped) => {
      if (error) reject(error);
      else resolve(new Uint8Array(zipped));
    });
  });
}
