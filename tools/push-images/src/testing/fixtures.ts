import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Base } from '../base/base.ts';
import { type AppLayer, appLayer } from '../build/app-layer.ts';
import { buildImage } from '../build/build-image.ts';
import { digestOf } from '../oci/digest.ts';
import { gzip } from '../oci/gzip.ts';
import { type Image, memoryBlob } from '../oci/image.ts';
import { gzipLayer } from '../oci/media-types.ts';
import { tarBytes } from '../oci/tar.ts';

/** A folder of its own for a test, gone when the test is. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'push-images-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A base image of two platforms, a layer each, in memory. */
export async function exampleBase(platforms = ['linux/amd64', 'linux/arm64']): Promise<Base> {
  const images = await Promise.all(
    platforms.map(async (platform) => {
      const [os = '', architecture = ''] = platform.split('/');
      const layer = await tarBytes([
        { path: 'node', content: new TextEncoder().encode(`node for ${platform}`) },
      ]);
      return {
        platform,
        config: {
          architecture,
          os,
          config: { Entrypoint: ['/nodejs/bin/node'], User: '65532', Env: ['PATH=/bin'], WorkingDir: '/' },
          rootfs: { type: 'layers' as const, diff_ids: [digestOf(layer)] },
        },
        layers: [memoryBlob(gzipLayer, await gzip(layer))],
      };
    }),
  );
  return { reference: 'example.com/node:24', digest: `sha256:${'0'.repeat(64)}`, images };
}

/** Writes an app's bundle into a folder, as its build does. */
export async function writeBundle(folder: string, source = 'console.log("hello")\n'): Promise<void> {
  await mkdir(join(folder, 'dist'), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"name":"an-app"}');
  await writeFile(join(folder, 'dist/main.cjs'), source);
  await writeFile(join(folder, 'dist/main.cjs.map'), '{"version":3,"sources":["../src/main.ts"]}\n');
}

/** The application layer of a bundle. */
export async function exampleLayer(source?: string): Promise<AppLayer> {
  await using folder = await temporaryFolder();
  await writeBundle(folder.path, source);
  // Awaited here: the folder is gone with this scope.
  return await appLayer(folder.path, 'ws-server');
}

/** An image of an example app on {@link exampleBase}. */
export async function exampleImage(source?: string): Promise<Image> {
  const [base, layer] = await Promise.all([exampleBase(), exampleLayer(source)]);
  return buildImage({ base, layer, labels: {} });
}
