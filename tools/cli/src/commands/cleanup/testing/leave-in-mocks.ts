import {
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand as LogTags,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeAddressesCommand,
  DescribeFlowLogsCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeLaunchTemplatesCommand,
  DescribeNatGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import {
  DescribeRepositoriesCommand,
  ListTagsForResourceCommand as RepositoryTags,
} from '@aws-sdk/client-ecr';
import { DescribeClusterCommand, ListNodegroupsCommand } from '@aws-sdk/client-eks';
import {
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  ListAttachedRolePoliciesCommand,
  ListInstanceProfilesForRoleCommand,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  ListPoliciesCommand,
  ListPolicyTagsCommand,
  ListPolicyVersionsCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
} from '@aws-sdk/client-iam';
import {
  DescribeKeyCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { layerTags, type mockAccount } from './mocks.ts';

/**
 * One left of each kind, of stack dev and its cluster `envoy-poc`, and one of stack staging and its cluster `other`
 * beside it. Ids end with the stack's name.
 */
export function leaveInMocks({ ec2, ecr, eks, elb, iam, kms, logs }: ReturnType<typeof mockAccount>): void {
  const stacks = ['dev', 'staging'];
  const clusterOf = (stack: string) => (stack === 'dev' ? 'envoy-poc' : 'other');
  const map = (stack: string) => Object.fromEntries(layerTags(stack).map(({ Key, Value }) => [Key, Value]));
  const two = <T>(make: (id: (kind: string) => string, stack: string) => T) =>
    stacks.map((stack) => make((kind) => `${kind}-${stack}`, stack));
  const Tags = (stack: string) => ({ Tags: layerTags(stack) });

  ec2.on(DescribeVpcsCommand).resolves({ Vpcs: two((id, stack) => ({ VpcId: id('vpc'), ...Tags(stack) })) });
  ec2
    .on(DescribeSubnetsCommand)
    .resolves({ Subnets: two((id, stack) => ({ SubnetId: id('subnet'), ...Tags(stack) })) });
  ec2.on(DescribeRouteTablesCommand).resolves({
    RouteTables: [
      ...two((id, stack) => ({ RouteTableId: id('rtb'), VpcId: id('vpc'), ...Tags(stack) })),
      { RouteTableId: 'rtb-main', VpcId: 'vpc-dev', Associations: [{ Main: true }] },
    ],
  });
  ec2.on(DescribeInternetGatewaysCommand).resolves({
    InternetGateways: two((id, stack) => ({
      ...{ InternetGatewayId: id('igw'), Attachments: [{ VpcId: id('vpc') }] },
      ...Tags(stack),
    })),
  });
  ec2.on(DescribeNatGatewaysCommand).resolves({
    NatGateways: two((id, stack) => ({ NatGatewayId: id('nat'), VpcId: id('vpc'), ...Tags(stack) })),
  });
  ec2.on(DescribeAddressesCommand).resolves({
    Addresses: two((id, stack) => ({ AllocationId: id('eipalloc'), ...Tags(stack) })),
  });
  ec2.on(DescribeFlowLogsCommand).resolves({
    FlowLogs: two((id, stack) => ({ FlowLogId: id('fl'), ...Tags(stack) })),
  });
  ec2.on(DescribeNetworkInterfacesCommand).resolves({
    NetworkInterfaces: [
      // As EKS leaves them: without tags, in the VPC.
      ...two((id) => ({ NetworkInterfaceId: id('eni'), VpcId: id('vpc'), Status: 'available' as const })),
      { NetworkInterfaceId: 'eni-of-nat', VpcId: 'vpc-dev', Status: 'in-use', RequesterManaged: true },
      {
        ...{ NetworkInterfaceId: 'eni-held', VpcId: 'vpc-dev', Status: 'in-use' as const },
        Attachment: { AttachmentId: 'eni-attach-1', DeleteOnTermination: false, DeviceIndex: 1 },
      },
    ],
  });
  ec2.on(DescribeSecurityGroupsCommand).resolves({
    SecurityGroups: [
      ...two((id, stack) => ({ GroupId: id('sg'), GroupName: 'worker', VpcId: id('vpc'), ...Tags(stack) })),
      {
        ...{ GroupId: 'sg-eks', GroupName: 'eks-cluster-sg', VpcId: 'vpc-dev' },
        Tags: [{ Key: 'kubernetes.io/cluster/envoy-poc', Value: 'owned' }],
      },
      { GroupId: 'sg-default', GroupName: 'default', VpcId: 'vpc-dev' },
    ],
  });
  ec2.on(DescribeSecurityGroupRulesCommand).resolves({
    SecurityGroupRules: [
      {
        ...{ GroupId: 'sg-dev', SecurityGroupRuleId: 'sgr-1' },
        IsEgress: false,
        ReferencedGroupInfo: { GroupId: 'sg-eks' },
      },
      {
        ...{ GroupId: 'sg-dev', SecurityGroupRuleId: 'sgr-2' },
        IsEgress: true,
        ReferencedGroupInfo: { GroupId: 'sg-eks' },
      },
      {
        ...{ GroupId: 'sg-dev', SecurityGroupRuleId: 'sgr-3' },
        IsEgress: false,
        ReferencedGroupInfo: { GroupId: 'sg-dev' },
      },
      { ...{ GroupId: 'sg-dev', SecurityGroupRuleId: 'sgr-4' }, IsEgress: true, CidrIpv4: '0.0.0.0/0' },
    ],
  });
  ec2.on(DescribeInstancesCommand).resolves({
    Reservations: two((id, stack) => ({ Instances: [{ InstanceId: id('i'), ...Tags(stack) }] })),
  });
  ec2.on(DescribeVolumesCommand).resolves({
    Volumes: [
      ...two((id, stack) => ({
        ...{ VolumeId: id('vol'), State: 'available' as const },
        Tags: [{ Key: `kubernetes.io/cluster/${clusterOf(stack)}`, Value: 'owned' }],
      })),
      { VolumeId: 'vol-of-instance', Attachments: [{ DeleteOnTermination: true }], ...Tags('dev') },
    ],
  });
  ec2.on(DescribeLaunchTemplatesCommand).resolves({
    LaunchTemplates: two((id, stack) => ({ LaunchTemplateId: id('lt'), ...Tags(stack) })),
  });

  elb
    .on(DescribeLoadBalancersCommand)
    .resolves({ LoadBalancers: two((id) => ({ LoadBalancerArn: id('lb') })) });
  elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: two((id) => ({ TargetGroupArn: id('tg') })) });
  const controllerTags = (stack: string) => ({
    Tags: [{ Key: 'elbv2.k8s.aws/cluster', Value: clusterOf(stack) }],
  });
  elb.on(DescribeTagsCommand).resolves({
    TagDescriptions: ['lb', 'tg'].flatMap((kind) =>
      two((id, stack) => ({ ResourceArn: id(kind), ...controllerTags(stack) })),
    ),
  });

  eks
    .on(DescribeClusterCommand, { name: 'envoy-poc' })
    .resolves({ cluster: { name: 'envoy-poc', tags: map('dev') } });
  eks.on(ListNodegroupsCommand).resolves({ nodegroups: ['group-dev'] });

  logs.on(DescribeLogGroupsCommand, { logGroupNamePrefix: '/aws/eks/envoy-poc/' }).resolves({
    logGroups: [{ logGroupName: '/aws/eks/envoy-poc/cluster', arn: 'arn:of-cluster:*' }],
  });
  logs.on(DescribeLogGroupsCommand, { logGroupNamePrefix: 'envoy_poc_' }).resolves({
    logGroups: two((id) => ({ logGroupName: id('envoy_poc_flow_logs'), arn: `${id('arn')}:*` })),
  });
  for (const stack of stacks)
    logs.on(LogTags, { resourceArn: `arn-${stack}` }).resolves({ tags: map(stack) });

  const repositoryName = (stack: string) => `cfndev-envoy-proxy-poc-${stack}`;
  ecr.on(DescribeRepositoriesCommand).resolves({
    repositories: two((id, stack) => ({ repositoryName: repositoryName(stack), repositoryArn: id('arn') })),
  });
  for (const stack of stacks)
    ecr.on(RepositoryTags, { resourceArn: `arn-${stack}` }).resolves({ tags: layerTags(stack) });

  kms
    .on(ListKeysCommand)
    .resolves({ Keys: [...two((id) => ({ KeyId: id('key') })), { KeyId: 'key-going' }] });
  for (const [key, stack] of [
    ['key-dev', 'dev'],
    ['key-staging', 'staging'],
    ['key-going', 'dev'],
  ] as const) {
    const tags = layerTags(stack).map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value }));
    kms.on(ListResourceTagsCommand, { KeyId: key }).resolves({ Tags: tags });
  }
  kms
    .on(DescribeKeyCommand, { KeyId: 'key-dev' })
    .resolves({ KeyMetadata: { KeyId: 'key-dev', KeyState: 'Enabled' } });
  kms
    .on(DescribeKeyCommand, { KeyId: 'key-going' })
    .resolves({ KeyMetadata: { KeyId: 'key-going', KeyState: 'PendingDeletion' } });
  kms
    .on(ListAliasesCommand)
    .resolves({ Aliases: two((id) => ({ AliasName: id('alias/x'), TargetKeyId: id('key') })) });

  iam
    .on(ListOpenIDConnectProvidersCommand)
    .resolves({ OpenIDConnectProviderList: two((id) => ({ Arn: id('oidc') })) });
  iam.on(ListRolesCommand).resolves({
    Roles: [...two((id) => ({ RoleName: id('envoy_poc_role') })), { RoleName: 'somebody' }] as never,
  });
  iam.on(ListPoliciesCommand).resolves({
    Policies: two((id) => ({ PolicyName: id('envoy_poc_policy'), Arn: id('policy') })),
  });
  for (const stack of stacks) {
    iam
      .on(ListOpenIDConnectProviderTagsCommand, { OpenIDConnectProviderArn: `oidc-${stack}` })
      .resolves(Tags(stack));
    iam.on(ListRoleTagsCommand, { RoleName: `envoy_poc_role-${stack}` }).resolves(Tags(stack));
    iam.on(ListPolicyTagsCommand, { PolicyArn: `policy-${stack}` }).resolves(Tags(stack));
  }
  iam
    .on(ListAttachedRolePoliciesCommand)
    .resolves({ AttachedPolicies: [{ PolicyArn: 'arn:aws:iam::aws:policy/Any' }] });
  iam.on(ListRolePoliciesCommand).resolves({ PolicyNames: ['with space'] });
  iam
    .on(ListInstanceProfilesForRoleCommand)
    .resolves({ InstanceProfiles: [{ InstanceProfileName: 'eks-1' }] as never });
  iam.on(ListPolicyVersionsCommand).resolves({
    Versions: [
      { VersionId: 'v2', IsDefaultVersion: true },
      { VersionId: 'v1', IsDefaultVersion: false },
    ],
  });
}
