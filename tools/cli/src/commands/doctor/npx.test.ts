import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Runs `npx doctor` in a clone without packages, beside a registry that has a stranger's package of that name. */
async function npxDoctor({ withSettings }: { withSettings: boolean }) {
  const clone = mkdtempSync(join(tmpdir(), 'clone-'));
  onTestFinished(() => rmSync(clone, { recursive: true, maxRetries: 5 }));
  writeFileSync(join(clone, 'package.json'), '{"name": "clone", "private": true}');
  if (withSettings) copyFileSync(join(import.meta.dirname, '../../../../../.npmrc'), join(clone, '.npmrc'));
  const version = {
    name: 'doctor',
    version: '0.3.0',
    bin: 'main.js',
    dist: { tarball: 'http://127.0.0.1:9/' },
  };
  const registry = createServer((_, response) => {
    response.end(
      JSON.stringify({ name: 'doctor', 'dist-tags': { latest: '0.3.0' }, versions: { '0.3.0': version } }),
    );
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
  return new Promise<string>((resolve) => {
    execFile('npx', ['doctor'], { cwd: clone, env }, (_, __, stderr) => resolve(stderr));
  });
}

test('npx before npm ci installs nobody’s package', async () => {
  expect(await npxDoctor({ withSettings: true })).toContain('canceled due to missing packages');
});

test('control: without this repository’s .npmrc it does', async () => {
  expect(await npxDoctor({ withSettings: false })).toContain('will be installed: doctor@0.3.0');
});
