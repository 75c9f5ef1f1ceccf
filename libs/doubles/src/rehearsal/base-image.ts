import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A tar without entries: two blocks of zeros. */
const emptyTar = Buffer.alloc(1024);

const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Writes an OCI layout of an image that says of itself to run Node, and holds nothing: no registry is asked. */
export function writeBaseImage(folder: string): void {
  const blobs = join(folder, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const blob = (mediaType: string, content: Buffer | object) => {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const digest = digestOf(bytes);
    writeFileSync(join(blobs, digest), bytes);
    return { mediaType, digest: `sha256:${digest}`, size: bytes.length };
  };
  const platform = { os: 'linux', architecture: 'amd64' };
  const config = blob('application/vnd.oci.image.config.v1+json', {
    ...platform,
    config: { Entrypoint: ['/nodejs/bin/node'], Env: ['PATH=/bin'], WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digestOf(emptyTar)}`] },
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const layers = [blob('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(emptyTar))];
  const manifest = blob(mediaType, { schemaVersion: 2, mediaType, config, layers });
  const index = 'application/vnd.oci.image.index.v1+json';
  const manifests = [{ ...manifest, platform }];
  writeFileSync(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, mediaType: index, manifests }),
  );
  writeFileSync(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}
