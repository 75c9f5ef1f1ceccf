import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { changeKubeconfig, chooseKubeconfig } from './file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-file-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

test('a new one, with its folder, is for its owner only', async () => {
  const file = join(folder, '.kube', 'config');
  expect(await changeKubeconfig(file, () => 'a: 1\n')).toBe(true);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, '.kube'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, '.kube'))).toEqual(['config']);
  expect(await changeKubeconfig(file, (text) => text ?? '')).toBe(false);
});

test('many at once lose nothing', async () => {
  const file = join(folder, 'config');
  const numbers = Array.from({ length: 20 }, (_, index) => `${index}\n`);
  await Promise.all(numbers.map((line) => changeKubeconfig(file, (text = '') => text + line)));
  expect((await readFile(file, 'utf8')).split('\n').sort()).toEqual(
    [...numbers.map((n) => n.trim()), ''].sort(),
  );
});

test('a change that fails leaves everything as it was', async () => {
  const file = join(folder, 'config');
  await writeFile(file, 'mine');
  const fails = changeKubeconfig(file, () => {
    throw new Error('no');
  });
  await expect(fails).rejects.toThrow('no');
  expect(await readFile(file, 'utf8')).toBe('mine');
  expect(await readdir(folder)).toEqual(['config']);
});

test('one that kubectl holds', async () => {
  const file = join(folder, 'config');
  await writeFile(file, 'mine');
  await writeFile(`${file}.lock`, '');
  const error = await changeKubeconfig(file, () => 'other').catch((error) => error);
  expect(error.message).toBe(`${file} is locked: another program has held ${file}.lock for 2 s or more`);
  expect(error.next).toBe(`if none is at work any more: rm ${file}.lock`);
  expect(await readFile(file, 'utf8')).toBe('mine');
});

test('one behind a link stays behind it', async () => {
  await writeFile(join(folder, 'real'), '');
  await symlink(join(folder, 'real'), join(folder, 'config'));
  await changeKubeconfig(join(folder, 'config'), () => 'new');
  expect((await lstat(join(folder, 'config'))).isSymbolicLink()).toBe(true);
  expect(await readFile(join(folder, 'real'), 'utf8')).toBe('new');
});

test('places where none can be', async () => {
  await writeFile(join(folder, 'file'), '');
  await mkdir(join(folder, 'folder'));
  for (const place of [join(folder, 'file', 'config'), join(folder, 'folder')]) {
    const error = await changeKubeconfig(place, () => 'new').catch((error) => error);
    expect(error.message).toMatch(/ cannot be (read|written): /);
    expect(error.next).toContain('--kubeconfig');
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
