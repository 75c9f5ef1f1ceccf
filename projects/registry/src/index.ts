import { type AppName, apps, forEachApp } from '@envoy-poc/layers';
import { awsProvider, publish, readLayerConfig } from '@envoy-poc/layers/pulumi';
import { createRepository } from './repository.ts';

/** The registry layer. */
export default async function registry() {
  const { repositoryPrefix, ...settings } = readLayerConfig('registry');

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
