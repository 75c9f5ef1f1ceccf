import type { AppName } from './apps.ts';
import type { Context } from './context.ts';
import { type EcrTarget, ecrClient, parseRepository } from './ecr/repository.ts';
import { PushImagesError } from './errors.ts';
import { registryOutputs } from './registry-stack.ts';

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
  const { profile } = context;
  if (repository !== undefined && apps.length > 1) {
    throw new PushImagesError(
      'ERR_USAGE',
      `--repository ${repository} is one repository, and ${apps.join(' and ')} need one each. Say which with --app.`,
    );
  }
  if (repository === undefined)
    context.progress.note(`reading what the registry layer of stack ${stack} publishes`);
  const published =
    repository === undefined ? await registryOutputs(context.root, stack, context.signal) : undefined;
  return new Map(
    apps.map((app) => {
      const parsed = parseRepository(repository ?? published?.repositories[app].url ?? '');
      return [app, { repository: parsed, client: ecrClient(parsed.region, { endpoint, profile }) }];
    }),
  );
}
