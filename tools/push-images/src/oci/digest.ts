import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';

/** The digest of some bytes, `sha256:…`. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of a blob, read piece by piece. */
async function digestOfBlob(blob: Blob): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of blob.stream()) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

/** A file's content, if the file is there and has the digest. */
export async function openVerified(path: string, digest: string): Promise<Blob | undefined> {
  const file = await stat(path).catch(() => undefined);
  if (!file?.isFile()) return undefined;
  const blob = await openAsBlob(path);
  return (await digestOfBlob(blob)) === digest ? blob : undefined;
}

/** A digest short enough for people: its first 12 hexadecimal digits. */
export function shortDigest(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
