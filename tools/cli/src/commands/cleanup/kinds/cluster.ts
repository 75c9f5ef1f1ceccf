import { DescribeClusterCommand, EKSClient, paginateListNodegroups } from '@aws-sdk/client-eks';
import { awsOptions } from '#runtime';
import { aws, type Kind, nothing, type Scope } from '../kind.ts';
import { ownerOf, tagsOf } from '../owner.ts';

/**
 * A cluster's name, while its cluster is gone or the stack's own; undefined when somebody else's stands, in a clone that
 * may not have that stack's settings: then whatever carries the name may be theirs.
 */
export async function ownClusterName(
  name: string | undefined,
  { place, stack }: Pick<Scope, 'place' | 'stack'>,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const tags = name && (await tagsOfCluster(new EKSClient(awsOptions(place)), name, abortSignal));
  if (!tags) return name;
  return ownerOf(tagsOf(tags), { stack, clusterName: undefined }) === 'ours' ? name : undefined;
}

/** The tags of a cluster; undefined when there is none. */
async function tagsOfCluster(client: EKSClient, name: string, abortSignal: AbortSignal) {
  try {
    const { cluster } = await client.send(new DescribeClusterCommand({ name }), { abortSignal });
    return cluster?.tags ?? {};
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** The stack's cluster; undefined when it is gone, or somebody else's. */
async function clusterOf(
  client: EKSClient,
  { clusterName: name }: Scope,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  return name !== undefined && (await tagsOfCluster(client, name, abortSignal)) ? name : undefined;
}

const nodeGroups: Kind = {
  id: 'node-groups',
  title: 'node groups',
  action: 'eks:ListNodegroups',
  async find(scope, abortSignal) {
    const client = new EKSClient(awsOptions(scope.place));
    const clusterName = await clusterOf(client, scope, abortSignal);
    if (clusterName === undefined) return nothing;
    const ids: string[] = [];
    for await (const { nodegroups = [] } of paginateListNodegroups(
      { client },
      { clusterName },
      { abortSignal },
    )) {
      ids.push(...nodegroups);
    }
    const words = (id: string) => ['--cluster-name', clusterName, '--nodegroup-name', id];
    return {
      ids,
      commands: [
        ...ids.map((id) => aws(scope, ['eks', 'delete-nodegroup', ...words(id)])),
        ...ids.map((id) => aws(scope, ['eks', 'wait', 'nodegroup-deleted', ...words(id)])),
      ],
    };
  },
};

const clusters: Kind = {
  id: 'clusters',
  title: 'EKS clusters',
  action: 'eks:DescribeCluster',
  async find(scope, abortSignal) {
    const name = await clusterOf(new EKSClient(awsOptions(scope.place)), scope, abortSignal);
    if (name === undefined) return nothing;
    return {
      ids: [name],
      commands: [
        aws(scope, ['eks', 'delete-cluster', '--name', name]),
        aws(scope, ['eks', 'wait', 'cluster-deleted', '--name', name]),
      ],
    };
  },
};

/** The cluster; its add-ons, access entries and Pod Identity associations go with it. */
export const clusterKinds: readonly Kind[] = [nodeGroups, clusters];
