import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ecrRegion } from '../ecr/repository.ts';
import { PushImagesError } from '../errors.ts';

/** A name and password for a registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Credentials for a registry as docker keeps them; for one of ECR's a token of its own, if there are none. */
export async function credentialsFor(host: string, profile?: string): Promise<Credentials | undefined> {
  const kept = await readCredentials(authFile(), host);
  const region = ecrRegion(host);
  if (kept || !region) return kept;
  const [{ registryToken }, { ecrClient }] = await Promise.all([
    import('../ecr/token.ts'),
    import('../ecr/client.ts'),
  ]);
  return registryToken(ecrClient(region, { profile }));
}

/**
 * The file that docker, podman and skopeo all read registry credentials from: `REGISTRY_AUTH_FILE`, or
 * `config.json` in `DOCKER_CONFIG` or `~/.docker`.
 */
function authFile(): string {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG } = process.env;
  return REGISTRY_AUTH_FILE || join(DOCKER_CONFIG || join(homedir(), '.docker'), 'config.json');
}

const authFileSchema = z.looseObject({
  auths: z.record(z.string(), z.looseObject({ auth: z.string().optional() })).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});

/** The credentials an auth file, or the credential helper it names, has for a registry. */
export async function readCredentials(file: string, host: string): Promise<Credentials | undefined> {
  const { auths, credHelpers, credsStore } = await readAuthFile(file);
  const key = host === 'registry-1.docker.io' ? 'https://index.docker.io/v1/' : host;
  const helper = credHelpers?.[key] ?? credsStore;
  if (helper) return askHelper(helper, key);
  const auth = auths?.[key]?.auth;
  if (!auth) return undefined;
  const [username = '', ...password] = Buffer.from(auth, 'base64').toString().split(':');
  return { username, password: password.join(':') };
}

async function readAuthFile(file: string): Promise<z.infer<typeof authFileSchema>> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    return authFileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PushImagesError(
      'ERR_CREDENTIALS',
      `${file} is not a file of registry credentials (docker's config.json): ${error}.`,
      { value: file, nextStep: 'Mend it or move it away.', cause: error },
    );
  }
}

const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** Asks a credential helper: https://github.com/docker/docker-credential-helpers. */
async function askHelper(helper: string, key: string): Promise<Credentials | undefined> {
  const running = promisify(execFile)(`docker-credential-${helper}`, ['get']);
  running.child.stdin?.end(key);
  const answer = await running.catch(() => undefined);
  if (!answer?.stdout) return undefined;
  const { Username: username, Secret: password } = helperAnswer.parse(JSON.parse(answer.stdout));
  return { username, password };
}
