import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { checkKubeconfig, chooseKubeconfig } from './kubeconfig.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-kubeconfig-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

/** What is wrong with a file, and the next step. */
function faultOf(file: string): { message: string; next: string } {
  try {
    checkKubeconfig(file);
  } catch (error) {
    return error as { message: string; next: string };
  }
  throw new Error(`nothing is wrong with ${file}`);
}

test('the folder of a new one is for its owner only', async () => {
  checkKubeconfig(join(folder, '.kube', 'config'));
  expect((await stat(join(folder, '.kube'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, '.kube'))).toEqual([]);
});

test.each([
  ['invalid YAML', 'a: [1\nb', /config is not a kubeconfig, and was left as it is: invalid YAML: /],
  ['words', 'hello', /not a map/],
  ['several documents', 'a: 1\n---\nb: 2\n', /several YAML documents/],
  ['a list that is not one', 'clusters: {a: 1}\n', /clusters is not a list/],
  ['the same key twice', 'kind: Config\nkind: Config\n', /invalid YAML: Map keys must be unique/],
])('%s', async (_, text, message) => {
  const file = join(folder, 'config');
  await writeFile(file, text);
  expect(faultOf(file)).toMatchObject({ message: expect.stringMatching(message) });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test.each([
  ['empty', ''],
  ['an empty line', '\n'],
  ['comments only', '# nothing yet\n'],
  ['lists that are null', 'apiVersion: v1\nclusters: null\nusers: []\n'],
  ['JSON, which is YAML too', '{"apiVersion": "v1", "kind": "Config", "clusters": []}'],
])('one that can be used: %s', async (_, text) => {
  const file = join(folder, 'config');
  await writeFile(file, text);
  checkKubeconfig(file);
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('places where none can be', async () => {
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'folder'));
  await symlink('nowhere', join(folder, 'dangling'));
  await symlink('loop', join(folder, 'loop'));
  for (const [name, message] of [
    ['file/config', / cannot be (read|written).*: /],
    ['file/folder/config', / cannot be (read|written).*: /],
    ['folder', / cannot be read and written: /],
    ['dangling', / is a symbolic link to a file that does not exist$/],
    ['loop', / cannot be read and written: ELOOP/],
  ] as const) {
    const { message: seen, next } = faultOf(join(folder, name));
    expect(seen).toMatch(message);
    expect(seen).toContain(join(folder, name));
    expect(next).toContain('--kubeconfig');
  }
});

test('one that its reader may not write', async () => {
  const file = join(folder, 'config');
  await writeFile(file, 'kind: Config\n', { mode: 0o444 });
  await chmod(folder, 0o755);
  // Root may write everything.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    expect(faultOf(file).message).toMatch(/config cannot be read and written: EACCES/);
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('which one is written', async () => {
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  await writeFile(a, 'clusters: [{name: other}]\n');
  await writeFile(b, 'clusters: [{name: ours}]\n');
  const choose = (env: NodeJS.ProcessEnv, named?: string) => chooseKubeconfig(named, env, 'ours');
  expect(choose({ HOME: folder })).toBe(join(folder, '.kube', 'config'));
  expect(choose({ HOME: folder, KUBECONFIG: `:${a}:` })).toBe(a);
  expect(choose({ HOME: folder, KUBECONFIG: `${a}:${b}` })).toBe(b);
  expect(choose({ HOME: folder, KUBECONFIG: '~/c' })).toBe(join(folder, 'c'));
  expect(choose({ HOME: folder, KUBECONFIG: b }, a)).toBe(a);
});
