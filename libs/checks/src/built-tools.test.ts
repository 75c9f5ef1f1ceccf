import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../../..');

/** The tools of which a program is built, with the words of the command that builds it. */
const built = globSync('tools/*/package.json', { cwd: root }).flatMap((file) => {
  const { nx } = JSON.parse(readFileSync(join(root, file), 'utf8'));
  const command: string = nx.targets.build?.command ?? '';
  const words = [...command.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
  return words.includes('src/main.ts') ? [{ name: basename(dirname(file)), words }] : [];
});

test('every tool that people run by name is looked at', () => {
  expect(built.map(({ name }) => name)).toEqual(expect.arrayContaining(['access', 'doctor', 'push-images']));
  expect(built.length).toBeGreaterThan(6);
});

test.each(built)('$name starts as it is built', async ({ name, words: [program = '', ...args] }) => {
  const folder = join(root, 'tools', name);
  await run(join(root, 'node_modules/.bin', program), args, { cwd: folder });
  const env = { PATH: process.env.PATH, HOME: '/nonexistent' };
  const { stdout } = await run(process.execPath, [join(folder, 'dist/main.js'), '--help'], {
    cwd: root,
    env,
  });
  expect(stdout).toMatch(/usage/i);
});
