import type { Properties } from '../account/account.ts';
import { changedAt } from '../provider/changed.ts';
import { generatedName, lastOf, shapeOf } from './shapes.ts';

/** What a change replaces, and in which order. */
export interface Replacement {
  /** The inputs that cannot change in place, and do change. */
  on: readonly string[];
  /** Whether the old one goes before the new one comes. */
  deleteFirst: boolean;
}

/**
 * Inputs that the AWS provider cannot change in place, by the last part of the type token: `ForceNew` and
 * `RequiresReplace` in https://github.com/hashicorp/terraform-provider-aws/tree/v6.0.0/internal/service. They differ
 * here and there from what AWS cannot change, which is in `aws.schema.json`.
 */
const forceNew: Readonly<Record<string, readonly string[]>> = {
  // ec2/vpc_.go, vpc_subnet.go, vpc_nat_gateway.go, ec2_eip.go, vpc_route_table.go, vpc_route.go, vpc_security_group.go
  Vpc: ['cidrBlock', 'ipv4IpamPoolId', 'ipv4NetmaskLength'],
  Subnet: ['vpcId', 'cidrBlock', 'availabilityZone', 'availabilityZoneId', 'ipv6Native', 'outpostArn'],
  NatGateway: ['allocationId', 'subnetId', 'connectivityType', 'privateIp'],
  Eip: ['domain', 'address', 'networkBorderGroup', 'publicIpv4Pool'],
  RouteTable: ['vpcId'],
  Route: ['routeTableId', 'destinationCidrBlock', 'destinationIpv6CidrBlock', 'destinationPrefixListId'],
  RouteTableAssociation: ['subnetId', 'gatewayId'],
  SecurityGroup: ['vpcId', 'description', 'name', 'namePrefix'],
  DefaultSecurityGroup: ['vpcId'],
  SecurityGroupIngressRule: ['securityGroupId'],
  SecurityGroupEgressRule: ['securityGroupId'],
  FlowLog: [
    ...['vpcId', 'subnetId', 'eniId', 'trafficType', 'logDestination', 'logDestinationType', 'iamRoleArn'],
    ...['logFormat', 'maxAggregationInterval', 'deliverCrossAccountRole', 'destinationOptions'],
  ],
  LaunchTemplate: ['name', 'namePrefix'],
  // logs/group.go, iam/role.go, iam/role_policy.go, iam/role_policy_attachment.go, kms/key.go, kms/alias.go
  LogGroup: ['name', 'namePrefix', 'logGroupClass'],
  Role: ['name', 'namePrefix', 'path'],
  RolePolicy: ['name', 'namePrefix', 'role'],
  RolePolicyAttachment: ['role', 'policyArn'],
  Key: ['keyUsage', 'customerMasterKeySpec', 'customKeyStoreId', 'multiRegion', 'xksKeyId'],
  Alias: ['name', 'namePrefix'],
  // ecr/repository.go, ecr/lifecycle_policy.go
  Repository: ['name', 'encryptionConfigurations'],
  LifecyclePolicy: ['repository', 'policy'],
  // eks/cluster.go, node_group.go, addon.go, access_entry.go, access_policy_association.go, pod_identity_association.go
  Cluster: [
    ...['name', 'roleArn', 'bootstrapSelfManagedAddons', 'outpostConfig', 'remoteNetworkConfig'],
    ...['accessConfig.bootstrapClusterCreatorAdminPermissions'],
    ...['kubernetesNetworkConfig.ipFamily', 'kubernetesNetworkConfig.serviceIpv4Cidr'],
  ],
  NodeGroup: [
    ...['clusterName', 'nodeGroupName', 'nodeGroupNamePrefix', 'nodeRoleArn', 'subnetIds', 'amiType'],
    ...[
      'capacityType',
      'diskSize',
      'instanceTypes',
      'remoteAccess',
      'launchTemplate.id',
      'launchTemplate.name',
    ],
  ],
  Addon: ['clusterName', 'addonName'],
  AccessEntry: ['clusterName', 'principalArn', 'type'],
  AccessPolicyAssociation: ['clusterName', 'principalArn', 'policyArn', 'accessScope'],
  PodIdentityAssociation: ['clusterName', 'namespace', 'serviceAccount'],
};

/**
 * Types that are deleted first whatever their name, because the old and the new one are the same thing to AWS
 * (`DeleteBeforeReplace` in https://github.com/pulumi/pulumi-aws/blob/v7.0.0/provider/resources.go).
 */
const alwaysDeletedFirst = ['LifecyclePolicy', 'RolePolicyAttachment', 'SecurityGroupRule'];

/**
 * What the AWS provider replaces. Its bridge makes the new one first, unless the name is one that it would have made
 * itself and somebody has fixed (`nameRequiresDeleteBeforeReplace` in
 * https://github.com/pulumi/pulumi-terraform-bridge/blob/main/pkg/tfbridge/schema.go).
 */
export function awsReplacement(
  type: string,
  urn: string,
  before: Properties,
  after: Properties,
): Replacement {
  const on = (forceNew[lastOf(type)] ?? []).filter((path) => changedAt(path, before, after));
  const { autoName } = shapeOf(type);
  const name = autoName && after[autoName];
  const fixed = name !== undefined && !generatedName(urn, name);
  return { on, deleteFirst: on.length > 0 && (fixed || alwaysDeletedFirst.includes(lastOf(type))) };
}
