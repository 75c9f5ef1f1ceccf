import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AllocateAddressCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateFlowLogsCommand,
  CreateInternetGatewayCommand,
  CreateLaunchTemplateCommand,
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeImagesCommand,
  EC2Client,
  type ResourceType,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { CreateClusterCommand, CreateNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateAliasCommand, CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';

const policyText = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:ListBucket', Resource: '*' }],
});

const has = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('the endpoint gave no id');
  return value;
};

/**
 * Leaves one of each kind in an account, as a stack would: most with its tags, some known only by the name of its
 * cluster, some only by the VPC they stand in.
 *
 * @param options what clients are made with
 * @param suffix makes the names the stack's own
 * @returns an id of each kind, by the kind
 */
export async function leaveOneOfEach(
  options: { endpoint: string; region: string },
  { stack, clusterName, suffix }: { stack: string; clusterName: string; suffix: string },
): Promise<Record<string, string>> {
  const all = { ...options, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const ec2 = new EC2Client(all);
  const values = { project: 'envoy-poc', layer: 'any', stack };
  const Tags = Object.entries(values).map(([Key, Value]) => ({ Key, Value }));
  const ofCluster = [{ Key: 'elbv2.k8s.aws/cluster', Value: clusterName }];
  const tagged = (type: ResourceType, tags = Tags) => ({
    TagSpecifications: [{ ResourceType: type, Tags: tags }],
  });

  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16', ...tagged('vpc') }));
  const VpcId = has(Vpc?.VpcId);
  const subnet = async (CidrBlock: string, zone: string) => {
    const input = { VpcId, CidrBlock, AvailabilityZone: `${options.region}${zone}`, ...tagged('subnet') };
    return has((await ec2.send(new CreateSubnetCommand(input))).Subnet?.SubnetId);
  };
  const [SubnetId, other] = [await subnet('10.9.0.0/24', 'a'), await subnet('10.9.1.0/24', 'b')];
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand(tagged('internet-gateway')));
  const InternetGatewayId = has(InternetGateway?.InternetGatewayId);
  await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
  const { AllocationId } = await ec2.send(
    new AllocateAddressCommand({ Domain: 'vpc', ...tagged('elastic-ip') }),
  );
  const { NatGateway } = await ec2.send(
    new CreateNatGatewayCommand({ SubnetId, AllocationId, ...tagged('natgateway') }),
  );
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId, ...tagged('route-table') }));
  // Untagged, as EKS leaves them: known by their VPC.
  const { NetworkInterface } = await ec2.send(
    new CreateNetworkInterfaceCommand({ SubnetId, Description: `Amazon EKS ${clusterName}` }),
  );
  const group = async (name: string) => {
    const input = { VpcId, GroupName: `${name}-${suffix}`, Description: name };
    return has((await ec2.send(new CreateSecurityGroupCommand(input))).GroupId);
  };
  const [GroupId, peer] = [await group('worker'), await group('envoy')];
  for (const [from, to] of [
    [GroupId, peer],
    [peer, GroupId],
  ]) {
    const rule = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: from }] };
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: to, IpPermissions: [rule] }));
  }
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['amazon'] }));
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ...{ ImageId: Images[0]?.ImageId, MinCount: 1, MaxCount: 1, SubnetId },
      ...tagged('instance'),
    }),
  );
  const volumeTags = [{ Key: `kubernetes.io/cluster/${clusterName}`, Value: 'owned' }];
  const { VolumeId } = await ec2.send(
    new CreateVolumeCommand({
      AvailabilityZone: `${options.region}a`,
      Size: 1,
      ...tagged('volume', volumeTags),
    }),
  );
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: `envoy_poc_node_launch_template-${suffix}`,
      LaunchTemplateData: { InstanceType: 't3.medium' },
      ...tagged('launch-template'),
    }),
  );

  const logs = new CloudWatchLogsClient(all);
  await logs.send(new CreateLogGroupCommand({ logGroupName: `envoy_poc_flow_logs-${suffix}`, tags: values }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: `/aws/eks/${clusterName}/cluster` }));

  const iam = new IAMClient(all);
  const RoleName = `envoy_poc_node_role-${suffix}`;
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policyText, Tags }),
  );
  const PolicyName = `envoy_poc_policy-${suffix}`;
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName, PolicyDocument: policyText, Tags }),
  );
  const PolicyArn = has(Policy?.Arn);
  await iam.send(
    new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: policyText, SetAsDefault: true }),
  );
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'inline', PolicyDocument: policyText }));
  const InstanceProfileName = `eks-${suffix}`;
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName }));
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName, RoleName }));
  const { OpenIDConnectProviderArn } = await iam.send(
    new CreateOpenIDConnectProviderCommand({
      Url: `https://oidc.example/${suffix}`,
      ThumbprintList: ['a'.repeat(40)],
      Tags,
    }),
  );

  const roleArn = has(Role?.Arn);
  const { FlowLogIds } = await ec2.send(
    new CreateFlowLogsCommand({
      ...{ ResourceIds: [VpcId], ResourceType: 'VPC', TrafficType: 'ALL' },
      ...{ LogGroupName: `envoy_poc_flow_logs-${suffix}`, DeliverLogsPermissionArn: roleArn },
      ...tagged('vpc-flow-log'),
    }),
  );

  const eks = new EKSClient(all);
  const subnets = [SubnetId, other];
  await eks.send(
    new CreateClusterCommand({
      name: clusterName,
      roleArn,
      resourcesVpcConfig: { subnetIds: subnets },
      tags: values,
    }),
  );
  const nodegroupName = `envoy_poc_node_group-${suffix}`;
  await eks.send(
    new CreateNodegroupCommand({ clusterName, nodegroupName, subnets, nodeRole: roleArn, tags: values }),
  );

  const elb = new ElasticLoadBalancingV2Client(all);
  const short = suffix.slice(0, 8);
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: `k8s-lb-${short}`, Subnets: subnets, Tags: ofCluster }),
  );
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: `k8s-tg-${short}`,
      Protocol: 'HTTP',
      Port: 80,
      VpcId,
      TargetType: 'ip',
      Tags: ofCluster,
    }),
  );

  const repositoryName = `cfndev-envoy-proxy-poc-${suffix}`;
  await new ECRClient(all).send(new CreateRepositoryCommand({ repositoryName, tags: Tags }));
  const kms = new KMSClient(all);
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Tags: Tags.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })) }),
  );
  const KeyId = has(KeyMetadata?.KeyId);
  await kms.send(
    new CreateAliasCommand({ AliasName: `alias/${clusterName}-eks-secrets`, TargetKeyId: KeyId }),
  );

  return {
    'load-balancers': has(LoadBalancers?.[0]?.LoadBalancerArn),
    'target-groups': has(TargetGroups?.[0]?.TargetGroupArn),
    'node-groups': nodegroupName,
    clusters: clusterName,
    instances: has(Instances?.[0]?.InstanceId),
    volumes: has(VolumeId),
    'launch-templates': has(LaunchTemplate?.LaunchTemplateId),
    'flow-logs': has(FlowLogIds?.[0]),
    'nat-gateways': has(NatGateway?.NatGatewayId),
    'elastic-ips': has(AllocationId),
    'network-interfaces': has(NetworkInterface?.NetworkInterfaceId),
    'security-groups': GroupId,
    'internet-gateways': InternetGatewayId,
    subnets: SubnetId,
    'route-tables': has(RouteTable?.RouteTableId),
    vpcs: VpcId,
    'log-groups': `/aws/eks/${clusterName}/cluster`,
    repositories: repositoryName,
    'kms-keys': KeyId,
    'oidc-providers': has(OpenIDConnectProviderArn),
    roles: RoleName,
    policies: PolicyArn,
  };
}
