import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testedVersion } from '@envoy-poc/envoy';
import { type AppName, exampleOf, ImageError } from '@envoy-poc/layers';
import {
  checkPlatforms,
  checkRepositories,
  type Images,
  imagesOf,
  previewImagesOf,
} from '@envoy-poc/layers/workloads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configWith as configOf, imageOf } from './testing.ts';

const { repositories } = exampleOf('registry');
/** Where no picker admits, no image of one is needed. */
const configWith = (replace: Parameters<typeof configOf>[0] = {}) =>
  configOf({ admission: 'shared', ...replace });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'images-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function push(app: AppName, url: string, stack = 'dev'): string {
  const reference = `${url}@sha256:${'a'.repeat(64)}`;
  writeFileSync(join(folder, `${app}.json`), JSON.stringify({ [stack]: { app, reference } }));
  return reference;
}

test('the images are those that were pushed last', () => {
  const server = push('ws-server', repositories['ws-server'].url);
  const client = push('ws-client', repositories['ws-client'].url);
  const images = imagesOf(configWith(), folder, 'dev');
  expect(images).toEqual({ server, client, edge: expect.stringContaining('envoyproxy/envoy') });
  expect(() => checkRepositories(configWith(), images, repositories, 'dev')).not.toThrow();
});

test('where endpoint pickers admit, the image of one is needed too', () => {
  const exact = configWith({ admission: 'exact' });
  push('ws-server', repositories['ws-server'].url);
  push('ws-client', repositories['ws-client'].url);
  expect(() => imagesOf(exact, folder, 'dev')).toThrow(
    'Push the image: npx nx run endpoint-picker:push --stack dev (or set workloads:pickerImage)',
  );
  const picker = push('endpoint-picker', repositories['endpoint-picker'].url);
  expect(imagesOf(exact, folder, 'dev')).toMatchObject({ picker });
  expect(imagesOf(configWith(), folder, 'dev')).not.toHaveProperty('picker');
});

test('an image of the picker in another repository is refused, where it is needed', () => {
  const images: Images = {
    ...running,
    server: push('ws-server', repositories['ws-server'].url),
    client: push('ws-client', repositories['ws-client'].url),
    picker: imageOf('picker'),
  };
  const check = (admission: 'exact' | 'shared') => () =>
    checkRepositories(configWith({ admission }), images, repositories, 'dev');
  expect(check('shared')).not.toThrow();
  expect(check('exact')).toThrow('Push it here: npx nx run endpoint-picker:push --stack dev');
});

test('configured images need no push, and no repository of the stack', () => {
  const config = configWith({ serverImage: imageOf('server'), clientImage: imageOf('client') });
  const images = imagesOf(config, folder, 'dev');
  expect(images).toMatchObject({ server: imageOf('server'), client: imageOf('client') });
  expect(() => checkRepositories(config, images, repositories, 'dev')).not.toThrow();
});

test('without a push it says which target to run', () => {
  push('ws-server', repositories['ws-server'].url, 'staging');
  const read = () => imagesOf(configWith(), folder, 'staging');
  expect(read).toThrow(
    'Push the image: npx nx run ws-client:push --stack staging (or set workloads:clientImage)',
  );
  expect(read).toThrow(ImageError);
});

test('an image that was pushed for one stack is none for another', () => {
  for (const app of ['ws-server', 'ws-client'] as const) push(app, repositories[app].url, 'staging');
  expect(() => imagesOf(configWith(), folder, 'dev')).toThrow(
    /ws-server\.json has no image of the server for stack dev, only for: staging\. Push the image: npx nx run/,
  );
});

test.each(['{', '[]', '{"reference":"app:latest"}', '{"dev":{"reference":"app:latest"}}'])(
  'a file with %s is as good as none',
  (text) => {
    writeFileSync(join(folder, 'ws-server.json'), text);
    expect(() => imagesOf(configWith(), folder, 'dev')).toThrow(
      /ws-server\.json names no image by digest\. Push the image: npx nx run ws-server:push --stack dev/,
    );
  },
);

test('an image that was pushed for another stack is refused', () => {
  push('ws-server', repositories['ws-server'].url);
  push('ws-client', '999999999999.dkr.ecr.us-east-1.amazonaws.com/cfndev-envoy-proxy-poc-client');
  const images = imagesOf(configWith(), folder, 'dev');
  expect(() => checkRepositories(configWith(), images, repositories, 'dev')).toThrow(
    'it was pushed for another stack. Push it here: npx nx run ws-client:push --stack dev',
  );
});

test('an image that was pushed for other processors than those of the nodes is refused', () => {
  const write = (app: string, more: object) =>
    writeFileSync(
      join(folder, `${app}.json`),
      JSON.stringify({ dev: { reference: `host/${app}@sha256:${'a'.repeat(64)}`, ...more } }),
    );
  const check = (amiType: string, config = configWith()) => checkPlatforms(config, folder, 'dev', amiType);
  write('ws-server', { platforms: ['linux/amd64', 'linux/arm64'] });
  write('ws-client', { platforms: ['linux/amd64'] });
  expect(() => check('AL2023_x86_64_STANDARD')).not.toThrow();
  expect(() => check('AL2023_ARM_64_STANDARD')).toThrow(
    'the image of the client is for linux/amd64, and the nodes are linux/arm64 (AL2023_ARM_64_STANDARD). Push it for both, on a base that has both: npx nx run ws-client:push --stack dev',
  );
  const own = configWith({ clientImage: imageOf('client') });
  expect(() => check('AL2023_ARM_64_STANDARD', own)).not.toThrow();
  write('ws-client', {});
  expect(() => check('AL2023_ARM_64_STANDARD')).not.toThrow();
  rmSync(join(folder, 'ws-client.json'));
  expect(() => check('AL2023_ARM_64_STANDARD')).not.toThrow();
});

const running: Images = {
  server: imageOf('old-server'),
  edge: imageOf('old-edge'),
  client: imageOf('old-client'),
};

test('a preview without a push goes by the images that run, one with a push by those', async () => {
  const preview = () => previewImagesOf(configWith(), folder, 'dev', async () => running);
  expect(await preview()).toEqual({ ...running, edge: configWith().edgeImage });
  const server = push('ws-server', repositories['ws-server'].url);
  push('ws-client', repositories['ws-client'].url);
  expect(await preview()).toMatchObject({ server });
});

test('a preview of the first deploy with pickers says that their image is missing', async () => {
  const preview = (now: Images) =>
    previewImagesOf(configWith({ admission: 'exact' }), folder, 'dev', async () => now);
  await expect(preview(running)).rejects.toThrow('npx nx run ws-server:push');
  const picker = imageOf('old-picker');
  expect(await preview({ ...running, picker })).toMatchObject({ picker, server: running.server });
});

test('a preview without a push where nothing runs says which target to run', async () => {
  const none = async () => undefined;
  await expect(previewImagesOf(configWith(), folder, 'dev', none)).rejects.toThrow(
    'npx nx run ws-server:push',
  );
});

test('clusters run the Envoy that local runs fetch and all tests run, by digest', async () => {
  const { edge } = imagesOf(
    configWith({ serverImage: imageOf('s'), clientImage: imageOf('c') }),
    folder,
    'dev',
  );
  expect(edge).toMatch(new RegExp(`:distroless-v${await testedVersion()}@sha256:[0-9a-f]{64}$`));
});
