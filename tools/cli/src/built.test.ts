import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { verbs } from './verbs.ts';

const run = promisify(execFile);
const folder = resolve(import.meta.dirname, '..');

/** The program as its own target builds it. */
beforeAll(async () => {
  const { nx } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const [program = '', ...args] = (nx.targets.build.command as string).split(' ');
  await run(join(folder, '../../node_modules/.bin', program), args, { cwd: folder });
});

test.each(verbs.map(({ name }) => name))('envoy-poc %s starts as it is built', async (verb) => {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const { stdout } = await run(process.execPath, [join(folder, 'dist/main.js'), verb, '--help'], { env });
  expect(stdout).toMatch(/usage/i);
});
