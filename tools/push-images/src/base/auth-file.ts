import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { PushImagesError } from '../errors.ts';
import { unfinished } from '../output/unfinished.ts';
import type { Credentials } from './registry-client.ts';

const authFileSchema = z.looseObject({
  auths: z.record(z.string(), z.looseObject({ auth: z.string().optional() })).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

type AuthFile = z.infer<typeof authFileSchema>;

/**
 * The file that docker, podman and skopeo all read registry credentials from: `REGISTRY_AUTH_FILE`, or
 * `config.json` in `DOCKER_CONFIG` or `~/.docker`.
 */
export function defaultAuthFile(): string {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG } = process.env;
  return REGISTRY_AUTH_FILE || join(DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json');
}

/** The credentials an auth file, or the credential helper it names, has for a registry. */
export async function readCredentials(file: string, host: string): Promise<Credentials | undefined> {
  const content = await readAuthFile(file);
  const key = host === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : host;
  const helper = helperOf(content, key);
  if (helper) return askHelper(helper, key);
  const auth = content.auths?.[key]?.auth;
  if (!auth) return undefined;
  const [username = '', ...password] = Buffer.from(auth, 'base64').toString().split(':');
  return { username, password: password.join(':') };
}

/**
 * Keeps credentials for a registry where docker, podman and skopeo look for them, and leaves what else is there.
 *
 * @returns where they are now: the file, or the credential helper that the file names
 */
export async function writeCredentials(
  file: string,
  host: string,
  { username, password }: Credentials,
): Promise<string> {
  const content = await readAuthFile(file);
  const helper = helperOf(content, host);
  if (helper) {
    await runHelper(
      helper,
      'store',
      JSON.stringify({ ServerURL: host, Username: username, Secret: password }),
    );
    return `docker-credential-${helper}`;
  }
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  const auths = { ...content.auths, [host]: { auth } };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using part = unfinished(`${file}.${process.pid}.part`);
  await writeFile(part.path, `${JSON.stringify({ ...content, auths }, null, 2)}\n`, { mode: 0o600 });
  await rename(part.path, file);
  return file;
}

async function readAuthFile(file: string): Promise<AuthFile> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    return authFileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PushImagesError(
      'ERR_CREDENTIALS',
      `${file} is not a file of registry credentials (docker's config.json): ${error}. Mend it or move it away.`,
      { cause: error },
    );
  }
}

function helperOf({ credHelpers, credsStore }: AuthFile, key: string): string | undefined {
  return credHelpers?.[key] ?? credsStore;
}

async function askHelper(helper: string, key: string): Promise<Credentials | undefined> {
  const answer = await runHelper(helper, 'get', key).catch(() => undefined);
  if (!answer) return undefined;
  const { Username: username, Secret: password } = helperAnswer.parse(JSON.parse(answer));
  return { username, password };
}

const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** Runs a credential helper: https://github.com/docker/docker-credential-helpers. */
async function runHelper(helper: string, verb: 'get' | 'store', input: string): Promise<string> {
  const running = promisify(execFile)(`docker-credential-${helper}`, [verb]);
  running.child.stdin?.end(input);
  return (await running).stdout;
}
