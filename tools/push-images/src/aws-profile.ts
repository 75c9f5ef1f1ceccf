import type { PushOptions } from './command-line.ts';

/** What in the environment says as whom to act, before any stack does: the AWS SDK's own sources. */
const sources = [
  'AWS_ACCESS_KEY_ID',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];

/**
 * The AWS profile to push with: `AWS_PROFILE`, or else the one the registry layer's stack is deployed with, unless the
 * environment has credentials of another kind.
 *
 * @param root the workspace's folder
 */
export async function awsProfile(
  root: string,
  { stack, repository }: Pick<PushOptions, 'stack' | 'repository'>,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (env.AWS_PROFILE) return env.AWS_PROFILE;
  if (repository !== undefined || sources.some((name) => env[name])) return undefined;
  const { stackProfile } = await import('./registry-stack.ts');
  return stackProfile(root, stack);
}
