import { forEachApp } from '@envoy-poc/layers';
import type { AppName } from '../apps.ts';
import type { PushOptions } from '../command-line.ts';
import type { Context } from '../context.ts';
import { PushImagesError } from '../errors.ts';
import { ecrClient } from './client.ts';
import { type EcrTarget, parseRepository } from './repository.ts';

/**
 * The repository of each app, by the registry layer's stack or as given.
 *
 * @throws {PushImagesError} ERR_USAGE for one repository and several apps, ERR_STACK
 */
export async function targetsOf(
  { apps, stack, repository, endpoint }: Pick<PushOptions, 'apps' | 'stack' | 'repository' | 'endpoint'>,
  { root, signal, profile, progress }: Context,
): Promise<Readonly<Record<AppName, EcrTarget>>> {
  if (repository !== undefined && apps.length > 1) {
    throw new PushImagesError(
      'ERR_USAGE',
      `--repository ${repository} is one repository, and ${apps.join(' and ')} need one each.`,
      { value: repository, nextStep: 'Say which with --app.' },
    );
  }
  let urlOf = (_: AppName) => repository ?? '';
  if (repository === undefined) {
    progress.note(`reading what the registry layer of stack ${stack} publishes`);
    const { registryOutputs } = await import('../registry-stack.ts');
    const { repositories } = await registryOutputs(root, stack, signal);
    urlOf = (app) => repositories[app].url;
  }
  return forEachApp((app) => {
    const parsed = parseRepository(urlOf(app));
    return { repository: parsed, client: ecrClient(parsed.region, { endpoint, profile, progress }) };
  });
}
