import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { TargetOptions } from './targets.ts';

const stackFile = z.looseObject({
  config: z.looseObject({ 'aws:profile': z.string().optional() }).optional(),
});

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
  { stack, repository }: Pick<TargetOptions, 'stack' | 'repository'>,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (env.AWS_PROFILE) return env.AWS_PROFILE;
  if (repository !== undefined || sources.some((name) => env[name])) return undefined;
  const file = join(root, 'projects/registry', `Pulumi.${stack}.yaml`);
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const { parse } = await import('yaml');
  const settings = stackFile.safeParse(parse(text));
  return settings.data?.config?.['aws:profile'];
}
