import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { awsPlaceOf, projectTagOf, readStackSettings } from '#runtime';
import type { CleanupSettings } from './context.ts';

const accountIds = z.array(z.coerce.string());

/**
 * Reads what a stack's leftovers are known by.
 *
 * @param region goes before the one of the settings
 * @throws {CheckError} when the stack has no settings
 */
export async function readSettings(
  root: string,
  stack: string,
  env: NodeJS.ProcessEnv,
  region: string | undefined,
): Promise<CleanupSettings> {
  const network = await readStackSettings(root, 'network', stack, env);
  const registry = await readStackSettings(root, 'registry', stack, env);
  const place = awsPlaceOf(network);
  const [name, clusterRegion] = await clusterOf(stack);
  const sharers: string[] = [];
  for (const file of await readdir(join(root, 'projects', 'cluster'))) {
    const other = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    if (other === undefined || other === stack) continue;
    const [otherName, otherRegion] = await clusterOf(other);
    if (otherName === name && otherRegion === clusterRegion) sharers.push(other);
  }
  const allowed = network.get('aws:allowedAccountIds');
  return {
    project: projectTagOf(network),
    stack,
    place: { ...place, region: region ?? place.region },
    clusterName: sharers.length > 0 ? undefined : name,
    repositoryPrefix: registry.get('repositoryPrefix') ?? '',
    sharers,
    backendUrl: network.state.url,
    allowedAccounts: allowed === undefined ? [] : accountIds.parse(JSON.parse(allowed)),
  };

  async function clusterOf(of: string) {
    const settings = await readStackSettings(root, 'cluster', of, env);
    return [settings.get('name'), settings.get('aws:region')] as const;
  }
}
