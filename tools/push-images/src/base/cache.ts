import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, openAsBlob } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PushImagesError } from '../errors.ts';
import { openVerified } from '../oci/digest.ts';
import { unfinished } from '../unfinished.ts';
import { blobPath } from './layout.ts';

/** What is wanted: a digest, and how many bytes it may have at most. */
export interface Wanted {
  readonly digest: string;
  readonly size: number;
}

/** How a blob is fetched. */
export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told while it comes in: how much of it has. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Blobs on disk, named by their digest and checked against it, when they come and whenever they are used. */
export class BlobCache {
  readonly #folder: string;
  readonly #fetching = new Map<string, Promise<Blob>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * A blob from the cache, fetched first where it is missing or damaged.
   *
   * @param open starts reading the blob at its source
   * @throws {PushImagesError} ERR_DIGEST when what was fetched is not what was asked for.
   */
  async get(
    wanted: Wanted,
    open: () => Promise<AsyncIterable<Uint8Array>>,
    options: FetchOptions = {},
  ): Promise<Blob> {
    const fetching = this.#fetching.get(wanted.digest) ?? this.#getOnce(wanted, open, options);
    this.#fetching.set(wanted.digest, fetching);
    return fetching.finally(() => this.#fetching.delete(wanted.digest));
  }

  async #getOnce(
    wanted: Wanted,
    open: () => Promise<AsyncIterable<Uint8Array>>,
    { signal, onBytes }: FetchOptions,
  ): Promise<Blob> {
    const path = blobPath(this.#folder, wanted.digest);
    const kept = await openVerified(path, wanted.digest);
    if (kept) return kept;
    await mkdir(dirname(path), { recursive: true });
    await using part = unfinished(`${path}.${randomUUID()}.part`);
    await pipeline(
      await open(),
      verify(wanted, onBytes),
      createWriteStream(part.path),
      signal ? { signal } : {},
    );
    await rename(part.path, path);
    return openAsBlob(path);
  }
}

/** Passes bytes on; fails when there are more than wanted, or others. */
function verify({ digest, size }: Wanted, onBytes: FetchOptions['onBytes']): Transform {
  const hash = createHash('sha256');
  let bytes = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes > size) return done(mismatch(digest, `more than ${size} bytes`));
      hash.update(chunk);
      onBytes?.(bytes);
      done(null, chunk);
    },
    flush(done) {
      const got = `sha256:${hash.digest('hex')}`;
      done(got === digest ? null : mismatch(digest, `${bytes} bytes of digest ${got}`));
    },
  });
}

function mismatch(digest: string, got: string): PushImagesError {
  return new PushImagesError(
    'ERR_DIGEST',
    `asked for blob ${digest}, got ${got}. Something on the way changes content; nothing was kept.`,
    { value: digest, nextStep: 'Try again, or use another mirror of the base image.' },
  );
}
