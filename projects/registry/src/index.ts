import { publish } from '@envoy-poc/contracts';
import { awsProvider } from '@envoy-poc/layer';
import { readRegistryConfig } from './config.ts';
import { createRepository } from './repository.ts';

/** The registry layer. */
export default async function registry() {
  const { repositoryPrefix, ...settings } = readRegistryConfig();

  const provider = awsProvider();
  const repository = (kind: string) =>
    createRepository(kind, { ...settings, name: `${repositoryPrefix}-${kind}` }, { provider });
  const app = repository('app');
  const client = repository('client');

  const published = ({ name, repositoryUrl, arn }: typeof app) => ({ name, url: repositoryUrl, arn });
  return publish('registry', {
    region: app.region,
    registryId: app.registryId,
    repositories: { 'ws-server': published(app), 'ws-client': published(client) },
  });
}
