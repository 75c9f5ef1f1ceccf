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
import { each, kindOf, type ResourceKind, type Thing } from '../kind.ts';
import { ownerOf, type Tag, tagsOf } from '../owner.ts';

const logGroups = kindOf({
  id: 'log-groups',
  title: 'log groups',
  action: 'logs:DescribeLogGroups',
  async list({ all, scope: { clusterName }, options, abortSignal }) {
    const logs = new CloudWatchLogsClient(options);
    // The first is one that EKS makes anew, without tags, when the last lines come after the group is deleted.
    const ofCluster =
      clusterName === undefined ? [] : [`/aws/eks/${clusterName}/`, `/aws/containerinsights/${clusterName}/`];
    const things: Thing[] = [];
    for (const logGroupNamePrefix of [...ofCluster, 'envoy_poc_']) {
      const groups = await all(
        paginateDescribeLogGroups,
        logs,
        { logGroupNamePrefix },
        (page) => page.logGroups,
      );
      for (const { logGroupName: id = '', arn = '' } of groups) {
        const command = new LogTagsCommand({ resourceArn: arn.replace(/:\*$/, '') });
        const { tags } = await logs.send(command, { abortSignal });
        things.push({ id, tags: tagsOf(tags), byName: ofCluster.includes(logGroupNamePrefix) });
      }
    }
    return things;
  },
  remove: (things) => each(things, 'logs', 'delete-log-group', '--log-group-name'),
});

const repositories = kindOf({
  id: 'repositories',
  title: 'ECR repositories',
  action: 'ecr:DescribeRepositories',
  async list({ all, scope, options, abortSignal }) {
    const ecr = new ECRClient(options);
    const things: Thing[] = [];
    const found = await all(paginateDescribeRepositories, ecr, {}, (page) => page.repositories);
    for (const { repositoryName: id = '', repositoryArn: resourceArn } of found) {
      if (!id.startsWith(scope.repositoryPrefix)) continue;
      const { tags } = await ecr.send(new ListTagsForResourceCommand({ resourceArn }), { abortSignal });
      things.push({ id, tags });
    }
    return things;
  },
  remove: (things) => each(things, 'ecr', 'delete-repository', '--force', '--repository-name'),
});

/** Keys live on for days after their deletion was asked for, which is what `destroy` does. */
const gone = ['PendingDeletion', 'PendingReplicaDeletion'];

const keys = kindOf({
  id: 'kms-keys',
  title: 'KMS keys',
  action: 'kms:ListKeys',
  async list({ all, scope, options, abortSignal }) {
    const kms = new KMSClient(options);
    const things: Thing[] = [];
    for (const { KeyId = '' } of await all(paginateListKeys, kms, {}, (page) => page.Keys)) {
      const tags = await keyTags(kms, KeyId, abortSignal);
      if (ownerOf(tags, scope) !== 'ours') continue;
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }), { abortSignal });
      if (!gone.includes(KeyMetadata?.KeyState ?? '')) things.push({ id: KeyId, tags });
    }
    return things;
  },
  async remove(things, { all, options }) {
    const aliases = await all(paginateListAliases, new KMSClient(options), {}, (page) => page.Aliases);
    const own = aliases.filter(({ TargetKeyId }) => things.some(({ id }) => id === TargetKeyId));
    return [
      ...own.map(({ AliasName = '' }) => ['kms', 'delete-alias', '--alias-name', AliasName]),
      ...each(things, 'kms', 'schedule-key-deletion', '--pending-window-in-days', '7', '--key-id'),
    ];
  },
});

/** The tags of a key. One whose policy shows them to nobody here is nobody's here. */
async function keyTags(kms: KMSClient, KeyId: string, abortSignal: AbortSignal): Promise<Tag[]> {
  try {
    const { Tags = [] } = await kms.send(new ListResourceTagsCommand({ KeyId }), { abortSignal });
    return Tags.map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue }));
  } catch (error) {
    if (error instanceof Error && /AccessDenied|NotFound/.test(error.name)) return [];
    throw error;
  }
}

/** What keeps data. */
export const storageKinds: readonly ResourceKind[] = [logGroups, repositories, keys];
