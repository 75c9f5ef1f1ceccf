import { DescribeClusterCommand, EKSClient, paginateListNodegroups } from '@aws-sdk/client-eks';
import {
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeLoadBalancers,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { StackTags } from '@envoy-poc/layers';
import { awsOptions } from '#runtime';
import { each, kindOf, type Look, type ResourceKind, type Scope, type Thing, together } from '../kind.ts';
import { ownerOf, type Tag, tagsOf } from '../owner.ts';

/** What DescribeTags takes at once (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html). */
const TAGS_AT_ONCE = 20;

/** Load balancers or target groups, by ARN and VPC, with their tags. */
async function withTags(
  elb: ElasticLoadBalancingV2Client,
  found: readonly Omit<Thing, 'tags'>[],
  { abortSignal }: Look,
): Promise<Thing[]> {
  const tags = new Map<string | undefined, readonly Tag[] | undefined>();
  for (let start = 0; start < found.length; start += TAGS_AT_ONCE) {
    const ResourceArns = found.slice(start, start + TAGS_AT_ONCE).map(({ id }) => id);
    const { TagDescriptions = [] } = await elb.send(new DescribeTagsCommand({ ResourceArns }), {
      abortSignal,
    });
    for (const { ResourceArn, Tags } of TagDescriptions) tags.set(ResourceArn, Tags);
  }
  return found.map((one) => ({ ...one, tags: tags.get(one.id) }));
}

const loadBalancers = kindOf({
  id: 'load-balancers',
  title: 'load balancers',
  action: 'elasticloadbalancing:DescribeLoadBalancers',
  async list(look) {
    const elb = new ElasticLoadBalancingV2Client(look.options);
    const found = await look.all(paginateDescribeLoadBalancers, elb, {}, (page) => page.LoadBalancers);
    const all = found.map(({ LoadBalancerArn = '', VpcId }) => ({ id: LoadBalancerArn, vpc: VpcId }));
    return withTags(elb, all, look);
  },
  remove: (things) => [
    ...each(things, 'elbv2', 'delete-load-balancer', '--load-balancer-arn'),
    together(things, 'elbv2', 'wait', 'load-balancers-deleted', '--load-balancer-arns'),
  ],
});

const targetGroups = kindOf({
  id: 'target-groups',
  title: 'target groups',
  action: 'elasticloadbalancing:DescribeTargetGroups',
  async list(look) {
    const elb = new ElasticLoadBalancingV2Client(look.options);
    const found = await look.all(paginateDescribeTargetGroups, elb, {}, (page) => page.TargetGroups);
    const all = found.map(({ TargetGroupArn = '', VpcId }) => ({ id: TargetGroupArn, vpc: VpcId }));
    return withTags(elb, all, look);
  },
  remove: (things) => each(things, 'elbv2', 'delete-target-group', '--target-group-arn'),
});

/**
 * A cluster's name, while its cluster is gone or the stack's own; undefined when somebody else's stands, in a clone that
 * may not have that stack's settings: then whatever carries the name may be theirs.
 */
export async function ownClusterName(
  name: string | undefined,
  { place, ...tags }: StackTags & Pick<Scope, 'place'>,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const eks = new EKSClient(awsOptions(place));
  const [cluster] = await clustersOf(eks, { clusterName: name }, abortSignal);
  return !cluster || ownerOf(cluster.tags, { ...tags, clusterName: undefined }) === 'ours' ? name : undefined;
}

/** The cluster of a name; none when it is gone. */
async function clustersOf(
  eks: EKSClient,
  { clusterName: name }: Pick<Scope, 'clusterName'>,
  abortSignal: AbortSignal,
): Promise<Thing[]> {
  if (name === undefined) return [];
  try {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name }), { abortSignal });
    return [{ id: name, tags: tagsOf(cluster?.tags) }];
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return [];
    throw error;
  }
}

const nodeGroups = kindOf({
  id: 'node-groups',
  title: 'node groups',
  action: 'eks:ListNodegroups',
  async list({ all, scope, options, abortSignal }) {
    const eks = new EKSClient(options);
    const [cluster] = await clustersOf(eks, scope, abortSignal);
    if (!cluster) return [];
    const input = { clusterName: cluster.id };
    const names = await all(paginateListNodegroups, eks, input, (page) => page.nodegroups);
    return names.map((id) => ({ ...cluster, id, cluster: cluster.id }));
  },
  remove: (things) =>
    [['delete-nodegroup'], ['wait', 'nodegroup-deleted']].flatMap((verb) =>
      things.map(({ id, cluster }) => [
        ...['eks', ...verb, '--cluster-name', cluster],
        ...['--nodegroup-name', id],
      ]),
    ),
});

const clusters = kindOf({
  id: 'clusters',
  title: 'EKS clusters',
  action: 'eks:DescribeCluster',
  list: ({ scope, options, abortSignal }) => clustersOf(new EKSClient(options), scope, abortSignal),
  remove: (things) => [
    ...each(things, 'eks', 'delete-cluster', '--name'),
    ...each(things, 'eks', 'wait', 'cluster-deleted', '--name'),
  ],
});

/** What the load balancer controller makes; the cluster, with which add-ons, access entries and associations go. */
export const clusterKinds: readonly ResourceKind[] = [loadBalancers, targetGroups, nodeGroups, clusters];
