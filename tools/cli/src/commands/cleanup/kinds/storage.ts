import {
  CloudWatchLogsClient,
  ListTagsForResourceCommand as LogTagsCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient, ListTagsForResourceCommand, paginateDescribeRepositories } from '@aws-sdk/client-ecr';
import {
  DescribeKeyCommand,
  KMSClient,
  ListResourceTagsCommand,
  paginateListAliases,
  paginateListKeys,
} from '@aws-sdk/client-kms';
import { awsOptions } from '#runtime';
import { aws, type Kind } from '../kind.ts';
import { ownerOf, tagsOf } from '../owner.ts';

const logGroups: Kind = {
  id: 'log-groups',
  title: 'log groups',
  action: 'logs:DescribeLogGroups',
  async find(scope, abortSignal) {
    const client = new CloudWatchLogsClient(awsOptions(scope.place));
    const { clusterName } = scope;
    // The first is one that EKS makes anew, without tags, when the last lines come after the group is deleted.
    const ofCluster =
      clusterName === undefined ? [] : [`/aws/eks/${clusterName}/`, `/aws/containerinsights/${clusterName}/`];
    const ids: string[] = [];
    for (const logGroupNamePrefix of [...ofCluster, 'envoy_poc_']) {
      for await (const { logGroups = [] } of paginateDescribeLogGroups(
        { client },
        { logGroupNamePrefix },
        { abortSignal },
      )) {
        for (const { logGroupName = '', arn = '' } of logGroups) {
          const resourceArn = arn.replace(/:\*$/, '');
          const { tags } = await client.send(new LogTagsCommand({ resourceArn }), { abortSignal });
          const owner = ownerOf(tagsOf(tags), scope);
          const byName = ofCluster.includes(logGroupNamePrefix);
          if (owner === 'ours' || (owner === 'unknown' && byName)) ids.push(logGroupName);
        }
      }
    }
    return {
      ids,
      commands: ids.map((id) => aws(scope, ['logs', 'delete-log-group', '--log-group-name', id])),
    };
  },
};

const repositories: Kind = {
  id: 'repositories',
  title: 'ECR repositories',
  action: 'ecr:DescribeRepositories',
  async find(scope, abortSignal) {
    const client = new ECRClient(awsOptions(scope.place));
    const ids: string[] = [];
    for await (const { repositories = [] } of paginateDescribeRepositories({ client }, {}, { abortSignal })) {
      for (const { repositoryName = '', repositoryArn } of repositories) {
        if (!repositoryName.startsWith(scope.repositoryPrefix)) continue;
        const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn: repositoryArn }), {
          abortSignal,
        });
        if (ownerOf(tags, scope) === 'ours') ids.push(repositoryName);
      }
    }
    const words = (id: string) => ['ecr', 'delete-repository', '--force', '--repository-name', id];
    return { ids, commands: ids.map((id) => aws(scope, words(id))) };
  },
};

/** Keys live on for days after their deletion was asked for, which is what `destroy` does. */
const gone = ['PendingDeletion', 'PendingReplicaDeletion'];

const keys: Kind = {
  id: 'kms-keys',
  title: 'KMS keys',
  action: 'kms:ListKeys',
  async find(scope, abortSignal) {
    const client = new KMSClient(awsOptions(scope.place));
    const ids: string[] = [];
    for await (const { Keys = [] } of paginateListKeys({ client }, {}, { abortSignal })) {
      for (const { KeyId = '' } of Keys) {
        if (ownerOf(await keyTags(client, KeyId, abortSignal), scope) !== 'ours') continue;
        const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }), { abortSignal });
        if (!gone.includes(KeyMetadata?.KeyState ?? '')) ids.push(KeyId);
      }
    }
    const aliases: string[] = [];
    if (ids.length > 0) {
      for await (const { Aliases = [] } of paginateListAliases({ client }, {}, { abortSignal })) {
        for (const { AliasName = '', TargetKeyId = '' } of Aliases)
          if (ids.includes(TargetKeyId)) aliases.push(AliasName);
      }
    }
    return {
      ids,
      commands: [
        ...aliases.map((name) => aws(scope, ['kms', 'delete-alias', '--alias-name', name])),
        ...ids.map((id) =>
          aws(scope, ['kms', 'schedule-key-deletion', '--pending-window-in-days', '7', '--key-id', id]),
        ),
      ],
    };
  },
};

/** The tags of a key. One whose policy shows them to nobody here is nobody's here. */
async function keyTags(client: KMSClient, KeyId: string, abortSignal: AbortSignal) {
  try {
    const { Tags = [] } = await client.send(new ListResourceTagsCommand({ KeyId }), { abortSignal });
    return Tags.map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue }));
  } catch (error) {
    if (error instanceof Error && /AccessDenied|NotFound/.test(error.name)) return [];
    throw error;
  }
}

/** What keeps data. */
export const storageKinds: readonly Kind[] = [logGroups, repositories, keys];
