import { startEcrDouble } from '@envoy-poc/doubles/ecr';
import { expect, test } from 'vitest';
import { imageConfigSchema } from '../oci/schema.ts';
import { exampleImage } from '../testing/fixtures.ts';
import { pushTo } from '../testing/push-fixture.ts';
import { temporaryWorkspace } from '../testing/workspace.ts';
import type { AppImage } from './app-image.ts';
import { imageBuilder } from './builder.ts';

/** The image of ws-server in a workspace, on a base. */
function built(root: string, base: string): Promise<AppImage> {
  const progress = { note() {}, moved() {}, stop() {} };
  const context = { root, signal: new AbortController().signal, progress };
  return imageBuilder({ apps: ['ws-server'], base, build: false }, context).build('ws-server');
}

test('the same base by its digest, from a registry or a copy of it in a folder: the same image', async () => {
  await using workspace = await temporaryWorkspace();
  await using double = await startEcrDouble({ partBytes: 10_000 });
  await pushTo(double, await exampleImage());
  const host = double.endpoint.replace('http://', '');
  const inRegistry = `${host}/app@${double.store.tags.get('v1')}`;
  const images = [];
  for (const from of [inRegistry, workspace.base]) {
    images.push(await built(workspace.path, from));
  }
  const [first, second] = images.map(({ image }) => image.root.descriptor.digest);
  expect(first).toMatch(/^sha256:/);
  expect(second).toBe(first);
});

test('what an image says of itself is of its content: no commit, no date, no place', async () => {
  await using workspace = await temporaryWorkspace();
  const { image } = await built(workspace.path, workspace.base);
  const content = await image.platforms[0]?.config.content();
  const config = imageConfigSchema.parse(JSON.parse((await content?.text()) ?? ''));
  expect(config.created).toBe('1970-01-01T00:00:01.000Z');
  const labels = Object.keys(config.config?.Labels ?? {}).map((name) => name.split('.image.')[1]);
  expect(labels.sort()).toEqual(['base.digest', 'description', 'licenses', 'title']);
});
