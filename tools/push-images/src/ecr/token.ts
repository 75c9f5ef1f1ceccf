import { type ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { PushImagesError } from '../errors.ts';

/** Asks ECR for a name and password of its distribution API, which hold for 12 hours. */
export async function registryToken(client: ECRClient): Promise<{ username: string; password: string }> {
  const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({}));
  const token = authorizationData[0]?.authorizationToken ?? '';
  const [username, password] = Buffer.from(token, 'base64').toString().split(':');
  if (username && password) return { username, password };
  throw new PushImagesError('ERR_REGISTRY', 'ECR answered without a token.', {
    nextStep: 'Is --endpoint an ECR endpoint?',
  });
}
