import { type AddonName, addonKeys, type StandingCluster } from '@envoy-poc/layers/cluster';
import { getAccessEntry } from '@pulumi/aws/eks/getAccessEntry.js';
import { getAddon } from '@pulumi/aws/eks/getAddon.js';
import { getCluster } from '@pulumi/aws/eks/getCluster.js';
import { getClusters } from '@pulumi/aws/eks/getClusters.js';
import { getNodeGroup } from '@pulumi/aws/eks/getNodeGroup.js';
import { getNodeGroups } from '@pulumi/aws/eks/getNodeGroups.js';
import * as pulumi from '@pulumi/pulumi';

/** How the AWS provider says that there is nothing of that name. */
const notFound = /couldn't find resource|no matching|empty result|ResourceNotFoundException|NotFound/i;

/** The cluster of a name, if one stands in the region. @throws {pulumi.RunError} when AWS does not tell */
export async function findCluster(
  name: string,
  options: pulumi.InvokeOptions,
): Promise<StandingCluster | undefined> {
  const { names = [] } = await ask('eks:ListClusters', () => getClusters({}, options));
  if (!names.includes(name)) return undefined;
  const { version, tags = {} } = await ask('eks:DescribeCluster', () => getCluster({ name }, options));
  const addons = new Map<AddonName, string>();
  for (const addonName of Object.keys(addonKeys) as AddonName[]) {
    const found = await ask('eks:DescribeAddon', () =>
      orNothing(() => getAddon({ clusterName: name, addonName }, options)),
    );
    if (found) addons.set(addonName, found.addonVersion);
  }
  return { version, tags, addons, nodeGroups: await findNodeGroups(name, options) };
}

async function findNodeGroups(
  clusterName: string,
  options: pulumi.InvokeOptions,
): Promise<Map<string, string>> {
  const { names } = await ask('eks:ListNodegroups', () => getNodeGroups({ clusterName }, options));
  const groups = new Map<string, string>();
  for (const nodeGroupName of names) {
    const found = await ask('eks:DescribeNodegroup', () =>
      orNothing(() => getNodeGroup({ clusterName, nodeGroupName }, options)),
    );
    if (found) groups.set(nodeGroupName, found.version);
  }
  return groups;
}

/** The tags of a principal's access entry, if there is one. @throws {pulumi.RunError} when AWS does not tell */
export async function findAccessEntry(
  clusterName: string,
  principalArn: string,
  options: pulumi.InvokeOptions,
): Promise<Readonly<Record<string, string>> | undefined> {
  const entry = await ask('eks:DescribeAccessEntry', () =>
    orNothing(() => getAccessEntry({ clusterName, principalArn }, options)),
  );
  return entry && { ...entry.tags, ...entry.tagsAll };
}

async function orNothing<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Error && notFound.test(error.message)) return undefined;
    throw error;
  }
}

async function ask<T>(action: string, question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new pulumi.RunError(
      `EKS does not say what stands already (${action}), and without that a deploy could break it: ${message}`,
    );
  }
}
