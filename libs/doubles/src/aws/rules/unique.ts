import type { Properties, Resource } from '../../account/account.ts';
import type { Wanted } from '../../provider/double.ts';
import { canonical } from '../cidr.ts';
import { ACCOUNT_ID, lastOf, REGION } from '../shapes.ts';

/** Inputs that no other resource of the type may share, and what AWS says of one that would. */
interface Unique {
  by: readonly string[];
  says: (inputs: Properties, twin: Resource) => string;
}

const rule: Unique = {
  by: ['securityGroupId', 'cidrIpv4', 'referencedSecurityGroupId', 'ipProtocol', 'fromPort', 'toPort'],
  says: ({ cidrIpv4, referencedSecurityGroupId, ipProtocol, fromPort, toPort }) => {
    const protocol = ipProtocol === '-1' ? 'ALL' : String(ipProtocol).toUpperCase();
    const ports = fromPort === undefined ? '' : `from port: ${fromPort}, to port: ${toPort}, `;
    const peer = cidrIpv4 ?? referencedSecurityGroupId;
    return `InvalidPermission.Duplicate: the specified rule "peer: ${peer}, ${protocol}, ${ports}ALLOW" already exists`;
  },
};

/** By the last part of the type token. The codes are those of each service's API reference. */
const rules: Readonly<Record<string, Unique>> = {
  // https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
  SecurityGroupIngressRule: rule,
  SecurityGroupEgressRule: rule,
  SecurityGroup: {
    by: ['vpcId', 'name'],
    says: ({ name, vpcId }) =>
      `InvalidGroup.Duplicate: The security group '${name}' already exists for VPC '${vpcId}'`,
  },
  Route: {
    by: ['routeTableId', 'destinationCidrBlock'],
    says: ({ destinationCidrBlock }) =>
      `RouteAlreadyExists: The route identified by ${destinationCidrBlock} already exists`,
  },
  RouteTableAssociation: {
    by: ['subnetId'],
    says: ({ routeTableId }, { id }) =>
      `Resource.AlreadyAssociated: the specified association for route table ${routeTableId} conflicts with an existing association ${id}`,
  },
  // https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
  NatGateway: {
    by: ['allocationId'],
    says: ({ allocationId }) =>
      `Resource.AlreadyAssociated: Elastic IP address [${allocationId}] is already associated`,
  },
  InternetGateway: {
    by: ['vpcId'],
    says: ({ vpcId }) =>
      `Resource.AlreadyAssociated: Network ${vpcId} already has an internet gateway attached`,
  },
  LaunchTemplate: {
    by: ['name'],
    says: () => 'InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.',
  },
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
  LogGroup: {
    by: ['name'],
    says: ({ name }) => `ResourceAlreadyExistsException: The specified log group already exists: ${name}`,
  },
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
  Role: { by: ['name'], says: ({ name }) => `EntityAlreadyExists: Role with name ${name} already exists.` },
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
  Alias: {
    by: ['name'],
    says: ({ name }) =>
      `AlreadyExistsException: An alias with the name arn:aws:kms:${REGION}:${ACCOUNT_ID}:${name} already exists`,
  },
  // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
  Repository: {
    by: ['name'],
    says: ({ name }) =>
      `RepositoryAlreadyExistsException: The repository with name '${name}' already exists in the registry with id '${ACCOUNT_ID}'`,
  },
  // https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html and its neighbours
  Cluster: {
    by: ['name'],
    says: ({ name }) => `ResourceInUseException: Cluster already exists with name: ${name}`,
  },
  NodeGroup: {
    by: ['clusterName', 'nodeGroupName'],
    says: ({ nodeGroupName, clusterName }) =>
      `ResourceInUseException: NodeGroup already exists with name ${nodeGroupName} and cluster name ${clusterName}`,
  },
  Addon: {
    by: ['clusterName', 'addonName'],
    says: ({ addonName }) => `ResourceInUseException: Addon already exists: ${addonName}`,
  },
  // https://github.com/terraform-aws-modules/terraform-aws-eks/issues/3293
  AccessEntry: {
    by: ['clusterName', 'principalArn'],
    says: () =>
      'ResourceInUseException: The specified access entry resource is already in use on this cluster.',
  },
  PodIdentityAssociation: {
    by: ['clusterName', 'namespace', 'serviceAccount'],
    says: (_, { id }) => `ResourceInUseException: Association already exists: ${id}`,
  },
};

/** @throws {Error} when another resource has what only one can have */
export function checkUnique(others: readonly Resource[], { type, inputs }: Wanted): void {
  const unique = rules[lastOf(type)];
  if (!unique) return;
  const key = (properties: Properties) =>
    JSON.stringify(
      unique.by.map((name) => {
        const value = properties[name] ?? null;
        // AWS keeps ranges in their canonical form, and compares that
        // (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html).
        return name === 'cidrIpv4' && typeof value === 'string' ? canonical(value) : value;
      }),
    );
  if (unique.by.every((name) => inputs[name] === undefined)) return;
  const twin = others.find((other) => other.type === type && key(other.inputs) === key(inputs));
  if (twin) throw new Error(unique.says(inputs, twin));
}
