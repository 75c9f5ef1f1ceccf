import { type AppName, apps, forEachApp, publish } from '@envoy-poc/contracts';
import { awsProvider } from '@envoy-poc/layer';
import { readRegistryConfig } from './config.ts';
import { createRepository } from './repository.ts';

/** The registry layer. */
export default async function registry() {
  const { repositoryPrefix, ...settings } = readRegistryConfig();

  const provider = awsProvider();
  const repositories = forEachApp((app: AppName) => {
    const kind = apps[app].repository;
    return createRepository(kind, { ...settings, name: `${repositoryPrefix}-${kind}` }, { provider });
  });

  const [first] = Object.values(repositories);
  if (!first) throw new Error('there is no app');
  return publish('registry', {
    region: first.region,
    registryId: first.registryId,
    repositories: forEachApp((app) => {
      const { name, repositoryUrl, arn } = repositories[app];
      return { name, url: repositoryUrl, arn };
    }),
  });
}
