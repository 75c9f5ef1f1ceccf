import { type AppName, apps, forEachApp } from '@envoy-poc/layers';
import { awsProvider, publish, readLayerConfig } from '@envoy-poc/layers/pulumi';
import { Repository } from './repository.ts';

/** The registry layer. */
export default async function registry() {
  const { repositoryPrefix, ...settings } = readLayerConfig('registry');

  const provider = awsProvider();
  const repositories = forEachApp((app: AppName) => {
    const { repository } = apps[app];
    return new Repository(
      `envoy_poc_${repository}_ecr_repository`,
      { ...settings, name: `${repositoryPrefix}-${repository}` },
      { providers: [provider] },
    );
  });

  const [first] = Object.values(repositories);
  if (!first) throw new Error('there is no app');
  return publish('registry', {
    region: first.region,
    registryId: first.registryId,
    repositories: forEachApp((app) => {
      const { name, url, arn } = repositories[app];
      return { name, url, arn };
    }),
  });
}
