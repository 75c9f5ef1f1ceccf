import {
  DescribeTagsCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeLoadBalancers,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsOptions } from '#runtime';
import { aws, type Kind, nothing, type Scope } from '../kind.ts';
import { ownerOf } from '../owner.ts';

/** What DescribeTags takes at once (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html). */
const TAGS_AT_ONCE = 20;

interface Found {
  readonly arn: string;
  readonly vpc: string | undefined;
}

/** Those that are the stack's: by their tags, or else by their VPC. */
async function ours(
  client: ElasticLoadBalancingV2Client,
  all: readonly Found[],
  scope: Scope,
  abortSignal: AbortSignal,
): Promise<string[]> {
  const vpcs = all.length > 0 ? await scope.vpcs() : [];
  const arns: string[] = [];
  for (let start = 0; start < all.length; start += TAGS_AT_ONCE) {
    const some = all.slice(start, start + TAGS_AT_ONCE);
    const { TagDescriptions = [] } = await client.send(
      new DescribeTagsCommand({ ResourceArns: some.map(({ arn }) => arn) }),
      { abortSignal },
    );
    for (const { arn, vpc } of some) {
      const tags = TagDescriptions.find(({ ResourceArn }) => ResourceArn === arn)?.Tags;
      const owner = ownerOf(tags, scope);
      if (owner === 'ours' || (owner === 'unknown' && vpc !== undefined && vpcs.includes(vpc)))
        arns.push(arn);
    }
  }
  return arns;
}

const loadBalancers: Kind = {
  id: 'load-balancers',
  title: 'load balancers',
  action: 'elasticloadbalancing:DescribeLoadBalancers',
  async find(scope, abortSignal) {
    const client = new ElasticLoadBalancingV2Client(awsOptions(scope.place));
    const all: Found[] = [];
    for await (const { LoadBalancers = [] } of paginateDescribeLoadBalancers(
      { client },
      {},
      { abortSignal },
    )) {
      all.push(
        ...LoadBalancers.map(({ LoadBalancerArn = '', VpcId }) => ({ arn: LoadBalancerArn, vpc: VpcId })),
      );
    }
    const arns = await ours(client, all, scope, abortSignal);
    if (arns.length === 0) return nothing;
    return {
      ids: arns,
      commands: [
        ...arns.map((arn) => aws(scope, ['elbv2', 'delete-load-balancer', '--load-balancer-arn', arn])),
        aws(scope, ['elbv2', 'wait', 'load-balancers-deleted', '--load-balancer-arns', ...arns]),
      ],
    };
  },
};

const targetGroups: Kind = {
  id: 'target-groups',
  title: 'target groups',
  action: 'elasticloadbalancing:DescribeTargetGroups',
  async find(scope, abortSignal) {
    const client = new ElasticLoadBalancingV2Client(awsOptions(scope.place));
    const all: Found[] = [];
    for await (const { TargetGroups = [] } of paginateDescribeTargetGroups({ client }, {}, { abortSignal })) {
      all.push(
        ...TargetGroups.map(({ TargetGroupArn = '', VpcId }) => ({ arn: TargetGroupArn, vpc: VpcId })),
      );
    }
    const ids = await ours(client, all, scope, abortSignal);
    return {
      ids,
      commands: ids.map((arn) => aws(scope, ['elbv2', 'delete-target-group', '--target-group-arn', arn])),
    };
  },
};

/** What the load balancer controller makes. */
export const loadBalancerKinds: readonly Kind[] = [loadBalancers, targetGroups];
