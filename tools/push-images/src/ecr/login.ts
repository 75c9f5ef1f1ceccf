import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import type { Credentials } from '../base/registry-client.ts';
import { PushImagesError } from '../errors.ts';
import type { EcrTarget } from './repository.ts';

/** Credentials for an ECR registry's distribution API, and until when they hold (12 hours). */
export interface RegistryLogin {
  readonly credentials: Credentials;
  readonly expiresAt: Date | undefined;
}

/** Asks ECR for a token that docker, podman, skopeo and the like can log in with. */
export async function registryLogin({ client }: EcrTarget, signal?: AbortSignal): Promise<RegistryLogin> {
  const { authorizationData = [] } = await client.send(
    new GetAuthorizationTokenCommand({}),
    signal ? { abortSignal: signal } : {},
  );
  const [data] = authorizationData;
  const [username, password] = Buffer.from(data?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':');
  if (!username || !password) {
    throw new PushImagesError('ERR_REGISTRY', 'ECR answered without a token. Is --endpoint an ECR endpoint?');
  }
  return { credentials: { username, password }, expiresAt: data?.expiresAt };
}
