import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { distributionCredentials, startEcrDouble } from '@envoy-poc/doubles/ecr';
import { freePort } from '@envoy-poc/env/listen';
import { beforeAll, describe, expect, test } from 'vitest';
import { readBase } from '../base/base.ts';
import { BlobCache } from '../base/cache.ts';
import { layoutSource } from '../base/layout.ts';
import { parseReference } from '../base/reference.ts';
import { registrySource } from '../base/registry.ts';
import { buildImage } from '../build/build-image.ts';
import type { Image } from '../oci/image.ts';
import { exampleBase, exampleImage, exampleLayer, temporaryFolder } from '../testing/fixtures.ts';
import { haveCommand } from '../testing/needs.ts';
import { pushTo } from '../testing/push-fixture.ts';
import { writeLayout } from './layout.ts';

const signal = new AbortController().signal;
const run = promisify(execFile);

let image: Image;
beforeAll(async () => {
  image = await exampleImage();
});

describe.runIf(haveCommand('skopeo'))('skopeo', () => {
  test('reads both platforms of a layout', async () => {
    await using folder = await temporaryFolder();
    const built = await imageOf(['linux/amd64', 'linux/arm64']);
    await write(`${folder.path}/layout`, 'oci', built);
    for (const [index, architecture] of ['amd64', 'arm64'].entries()) {
      const seen = await inspect(`oci:${folder.path}/layout:ws-server`, '--override-arch', architecture);
      expect(seen).toMatchObject({
        Architecture: architecture,
        Os: 'linux',
        Labels: { 'a.label': 'of ours' },
      });
      expect(seen.Layers).toEqual(built.platforms[index]?.layers.map(({ descriptor }) => descriptor.digest));
    }
  });

  test('copies a layout of all platforms whole, and the copy has the same digest', async () => {
    await using folder = await temporaryFolder();
    await write(`${folder.path}/layout`, 'oci', image);
    const digests = `${folder.path}/digest`;
    await run('skopeo', [
      ...['copy', '--all', '--preserve-digests', '--digestfile', digests],
      ...[`oci:${folder.path}/layout:ws-server`, `oci:${folder.path}/copy:again`],
    ]);
    expect(await readFile(digests, 'utf8')).toBe(image.root.descriptor.digest);
    const base = await readBase(layoutSource(`${folder.path}/copy`), undefined);
    expect(base).toMatchObject({ digest: image.root.descriptor.digest });
  });

  test('reads an archive both as OCI and as docker save writes them', async () => {
    await using folder = await temporaryFolder();
    const built = await imageOf(['linux/amd64']);
    await write(`${folder.path}/image.tar`, 'archive', built);
    const asOci = await inspect(`oci-archive:${folder.path}/image.tar`);
    const asDocker = await inspect(`docker-archive:${folder.path}/image.tar`);
    expect(asOci.Digest).toBe(built.root.descriptor.digest);
    expect(asDocker).toMatchObject({ Architecture: 'amd64', Env: ['PATH=/bin', 'NODE_ENV=production'] });
  });

  test('pulls from the registry what was pushed there', async () => {
    await using double = await startEcrDouble({ authorization: 'basic' });
    await using folder = await temporaryFolder();
    const built = await imageOf(['linux/amd64', 'linux/arm64']);
    await pushTo(double, built);
    await run('skopeo', [
      ...['copy', '--all', '--preserve-digests', '--src-tls-verify=false'],
      ...['--src-creds', distributionCredentials],
      ...[`docker://${double.endpoint.replace('http://', '')}/app:v1`, `dir:${folder.path}/pulled`],
    ]);
    const pulled = await readFile(`${folder.path}/pulled/manifest.json`);
    expect(pulled.equals(built.root.bytes)).toBe(true);
  });
});

test.runIf(haveCommand('skopeo') && haveCommand('docker-registry'))(
  'docker-registry: what skopeo copied there is a base, of both platforms',
  async () => {
    await using folder = await temporaryFolder();
    await using registry = await startDockerRegistry(folder.path);
    await write(`${folder.path}/layout`, 'oci', image);
    await run('skopeo', [
      ...['copy', '--all', '--preserve-digests', '--dest-tls-verify=false'],
      ...[`oci:${folder.path}/layout:ws-server`, `docker://${registry.host}/team/node:24`],
    ]);
    const reference = parseReference(`${registry.host}/team/node:24@${image.root.descriptor.digest}`);
    const cache = new BlobCache(`${folder.path}/cache`);
    const source = registrySource(reference, cache, { credentials: async () => undefined });
    const base = await readBase(source, undefined);
    expect(base.images.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64']);
    for (const { layers } of base.images) {
      for (const layer of layers) expect((await layer.content()).size).toBe(layer.descriptor.size);
    }
  },
);

async function imageOf(platforms: string[]): Promise<Image> {
  const [base, layer] = await Promise.all([exampleBase(platforms), exampleLayer()]);
  return buildImage({ base, layer, labels: { 'a.label': 'of ours' } });
}

async function write(path: string, kind: 'oci' | 'archive', built: Image): Promise<void> {
  const named = { image: built, name: 'ws-server', reference: 'localhost/ws-server:1' };
  await writeLayout({ kind, path }, [named], signal);
}

async function inspect(...args: string[]): Promise<Record<string, unknown>> {
  const [source = '', ...options] = args;
  const { stdout } = await run('skopeo', [...options, 'inspect', source]);
  return JSON.parse(stdout);
}

async function startDockerRegistry(folder: string): Promise<AsyncDisposable & { host: string }> {
  const host = `127.0.0.1:${await freePort()}`;
  const file = join(folder, 'registry.yml');
  const storage = { filesystem: { rootdirectory: join(folder, 'registry') } };
  await writeFile(file, JSON.stringify({ version: '0.1', storage, http: { addr: host } }));
  const registry: ChildProcess = spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  const exited = once(registry, 'exit');
  const answers = () =>
    fetch(`http://${host}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(answers, { timeout: 20_000 }).toBe(true);
  return {
    host,
    async [Symbol.asyncDispose]() {
      registry.kill();
      await exited;
    },
  };
}
