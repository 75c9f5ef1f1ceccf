import type { Contract } from '@envoy-poc/layers';
import type { AppName } from './apps.ts';
import type { Context } from './context.ts';
import { ecrClient } from './ecr/client.ts';
import { type EcrTarget, parseRepository } from './ecr/repository.ts';
import { PushImagesError } from './errors.ts';

/** Which repositories are meant. */
export interface TargetOptions {
  readonly apps: readonly AppName[];
  readonly stack: string;
  /** Instead of what the registry layer's stack publishes. */
  readonly repository?: string | undefined;
  /** Where the ECR API is, if not at AWS. */
  readonly endpoint?: string | undefined;
}

/**
 * The repository of each app, by the registry layer's stack or as given.
 *
 * @throws {PushImagesError} ERR_USAGE for one repository and several apps, ERR_STACK
 */
export async function targetsOf(options: TargetOptions, context: Context): Promise<Map<AppName, EcrTarget>> {
  const { apps, stack, repository, endpoint } = options;
  const { profile, progress } = context;
  if (repository !== undefined && apps.length > 1) {
    throw new PushImagesError(
      'ERR_USAGE',
      `--repository ${repository} is one repository, and ${apps.join(' and ')} need one each. Say which with --app.`,
    );
  }
  const published = repository === undefined ? await publishedBy(stack, context) : undefined;
  return new Map(
    apps.map((app) => {
      const parsed = parseRepository(repository ?? published?.repositories[app].url ?? '');
      return [app, { repository: parsed, client: ecrClient(parsed.region, { endpoint, profile, progress }) }];
    }),
  );
}

async function publishedBy(
  stack: string,
  { root, signal, progress }: Context,
): Promise<Contract<'registry'>> {
  progress.note(`reading what the registry layer of stack ${stack} publishes`);
  const { registryOutputs } = await import('./registry-stack.ts');
  return registryOutputs(root, stack, signal);
}
