import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../testing/fixtures.ts';
import { writeCommand } from '../testing/workspace.ts';
import { readCredentials } from './credentials.ts';

const credentials = { username: 'AWS', password: 'se:cret' };
const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('what docker login writes is read, whatever else is there', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
  const auths = { 'other.example.com': auth('a:b'), [host]: auth('AWS:se:cret') };
  await writeFile(file, JSON.stringify({ auths, HttpHeaders: { a: 'b' } }));
  expect(await readCredentials(file, host)).toEqual(credentials);
  expect(await readCredentials(file, 'other.example.com')).toEqual({ username: 'a', password: 'b' });
});

test('where the file names a credential helper, the helper gives them', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'config.json');
  await writeFile(file, '{"credsStore":"test"}');
  const kept = JSON.stringify({ ServerURL: host, Username: 'AWS', Secret: 'se:cret' });
  await writeCommand(
    folder.path,
    'docker-credential-test',
    `[ "$1 $(cat)" = "get ${host}" ] && echo '${kept}'`,
  );
  vi.stubEnv('PATH', `${folder.path}${delimiter}${process.env.PATH}`);
  expect(await readCredentials(file, host)).toEqual(credentials);
  expect(await readCredentials(file, 'other.example.com')).toBeUndefined();
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
