import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const knip = join(dirname(createRequire(import.meta.url).resolve('knip')), '../bin/knip.js');

test('every file, export and dependency is used by something; knip.jsonc has what it cannot see', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [knip, '--no-progress'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stdout + stderr).toBe('');
});
