import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../testing/fixtures.ts';
import { writeCommand } from '../testing/workspace.ts';
import { readCredentials, writeCredentials } from './auth-file.ts';

const credentials = { username: 'AWS', password: 'se:cret' };
const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('what is written is read back, and what else was there stays', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'new/config.json');
  expect(await writeCredentials(file, 'other.example.com', { username: 'a', password: 'b' })).toBe(file);
  const before = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...before, HttpHeaders: { a: 'b' } }));
  await writeCredentials(file, host, credentials);
  expect(await readCredentials(file, host)).toEqual(credentials);
  expect(await readCredentials(file, 'other.example.com')).toEqual({ username: 'a', password: 'b' });
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ HttpHeaders: { a: 'b' } });
});

test('where the file names a credential helper, the helper keeps and gives them', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  const store = join(folder.path, 'kept');
  await writeFile(file, '{"credsStore":"test"}');
  await writeCommand(
    folder.path,
    'docker-credential-test',
    `[ "$1" = store ] && exec cat >'${store}'; cat >/dev/null; cat '${store}'`,
  );
  vi.stubEnv('PATH', `${folder.path}${delimiter}${process.env.PATH}`);
  expect(await writeCredentials(file, host, credentials)).toBe('docker-credential-test');
  expect(await readFile(file, 'utf8')).toBe('{"credsStore":"test"}');
  expect(await readCredentials(file, host)).toEqual(credentials);
});

test('no file, no credentials; a broken file is an error that names it', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  expect(await readCredentials(file, host)).toBeUndefined();
  await writeFile(file, 'not JSON');
  await expect(readCredentials(file, host)).rejects.toThrow(file);
});

test('Docker Hub is kept under the name that docker gives it', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  const auth = Buffer.from('me:mine').toString('base64');
  await writeFile(file, JSON.stringify({ auths: { 'https://index.docker.io/v1/': { auth } } }));
  expect(await readCredentials(file, 'registry-1.docker.io')).toEqual({ username: 'me', password: 'mine' });
});
