import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '../..');

/** Runs npx in a clone without packages, beside a registry that has a stranger's package of every name. */
async function npxInClone(word: string, files: readonly string[]) {
  const clone = mkdtempSync(join(tmpdir(), 'clone-'));
  onTestFinished(() => rmSync(clone, { recursive: true, maxRetries: 5 }));
  for (const file of files) cpSync(join(root, file), join(clone, file));
  const asked: string[] = [];
  const registry = createServer(({ url = '' }, response) => {
    const name = url.slice(1);
    asked.push(name);
    const dist = { tarball: 'http://127.0.0.1:9/' };
    const version = { name, version: '0.3.0', bin: 'main.js', dist };
    response.end(JSON.stringify({ name, 'dist-tags': { latest: '0.3.0' }, versions: { '0.3.0': version } }));
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void registry.close());
  const { port } = registry.address() as AddressInfo;
  const env = {
    PATH: process.env.PATH,
    HOME: clone,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_cache: join(clone, 'cache'),
    npm_config_fetch_retries: '0',
    npm_config_update_notifier: 'false',
  };
  return new Promise<{ stderr: string; asked: string[] }>((resolve) => {
    execFile('npx', [word, '--help'], { cwd: clone, env }, (_, __, stderr) => resolve({ stderr, asked }));
  });
}

const clone = ['package.json', '.npmrc', 'tools/cli/bin/envoy-poc.mjs'];

test('npx envoy-poc before npm ci says what to do, and asks no registry', async () => {
  const { stderr, asked } = await npxInClone('envoy-poc', clone);
  expect(stderr).toBe(
    'envoy-poc: its packages are not installed here. Install them, then try again: npm ci\n',
  );
  expect(asked).toEqual([]);
});

test('npx of any other name installs nobody’s package', async () => {
  expect((await npxInClone('doctor', clone)).stderr).toContain('canceled due to missing packages');
});

test('control: without this repository’s .npmrc it does', async () => {
  const { stderr } = await npxInClone('doctor', ['package.json']);
  expect(stderr).toContain('will be installed: doctor@0.3.0');
});
