import { createHash } from 'node:crypto';

/** The digest of some bytes, `sha256:…`. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of a blob, read piece by piece. */
export async function digestOfBlob(blob: Blob): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of blob.stream()) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

/** A digest short enough for people: its first 12 hexadecimal digits. */
export function shortDigest(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
