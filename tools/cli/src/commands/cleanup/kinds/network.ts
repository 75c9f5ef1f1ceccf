import {
  DescribeAddressesCommand,
  type EC2Client,
  paginateDescribeFlowLogs,
  paginateDescribeInternetGateways,
  paginateDescribeNatGateways,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroupRules,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import type { Kind } from '../kind.ts';
import { type Ec2Thing, each, ec2Kind, together } from './ec2.ts';

const flowLogs = ec2Kind({
  id: 'flow-logs',
  title: 'flow logs',
  operation: 'DescribeFlowLogs',
  async *list(client, abortSignal) {
    for await (const { FlowLogs = [] } of paginateDescribeFlowLogs({ client }, {}, { abortSignal })) {
      yield FlowLogs.map(({ FlowLogId = '', Tags, ResourceId }) => ({
        id: FlowLogId,
        tags: Tags,
        vpc: ResourceId,
      }));
    }
  },
  remove: (things) => [together(things, 'delete-flow-logs', '--flow-log-ids')],
});

const natGateways = ec2Kind({
  id: 'nat-gateways',
  title: 'NAT gateways',
  operation: 'DescribeNatGateways',
  async *list(client, abortSignal) {
    // Those that are deleted show for an hour.
    const input = { Filter: [{ Name: 'state', Values: ['pending', 'available', 'failed', 'deleting'] }] };
    for await (const { NatGateways = [] } of paginateDescribeNatGateways({ client }, input, {
      abortSignal,
    })) {
      yield NatGateways.map(({ NatGatewayId = '', Tags, VpcId }) => ({
        id: NatGatewayId,
        tags: Tags,
        vpc: VpcId,
      }));
    }
  },
  remove: (things) => [
    ...each(things, 'delete-nat-gateway', '--nat-gateway-id'),
    together(things, 'wait', 'nat-gateway-deleted', '--nat-gateway-ids'),
  ],
});

const elasticIps = ec2Kind({
  id: 'elastic-ips',
  title: 'elastic IPs',
  operation: 'DescribeAddresses',
  async *list(client, abortSignal) {
    const { Addresses = [] } = await client.send(new DescribeAddressesCommand({}), { abortSignal });
    yield Addresses.map(({ AllocationId = '', Tags }) => ({ id: AllocationId, tags: Tags }));
  },
  remove: (things) => each(things, 'release-address', '--allocation-id'),
});

const networkInterfaces = ec2Kind({
  id: 'network-interfaces',
  title: 'network interfaces',
  operation: 'DescribeNetworkInterfaces',
  async *list(client, abortSignal) {
    for await (const { NetworkInterfaces = [] } of paginateDescribeNetworkInterfaces(
      { client },
      {},
      { abortSignal },
    )) {
      // One in use that its owner takes along when it goes is not left over.
      const alone = NetworkInterfaces.filter(
        ({ Status, RequesterManaged, Attachment }) =>
          Status !== 'in-use' ||
          !(RequesterManaged || Attachment?.DeleteOnTermination || Attachment?.DeviceIndex === 0),
      );
      yield alone.map(({ NetworkInterfaceId = '', TagSet, VpcId, Attachment }) => ({
        ...{ id: NetworkInterfaceId, tags: TagSet, vpc: VpcId, attachment: Attachment?.AttachmentId },
      }));
    }
  },
  remove: (things) => {
    const attached = things.filter(({ attachment }) => attachment !== undefined);
    return [
      ...attached.map(({ attachment = '' }) => [
        'detach-network-interface',
        '--force',
        '--attachment-id',
        attachment,
      ]),
      ...(attached.length > 0
        ? [together(attached, 'wait', 'network-interface-available', '--network-interface-ids')]
        : []),
      ...each(things, 'delete-network-interface', '--network-interface-id'),
    ];
  },
});

const securityGroups = ec2Kind({
  id: 'security-groups',
  title: 'security groups',
  operation: 'DescribeSecurityGroups',
  async *list(client, abortSignal) {
    for await (const { SecurityGroups = [] } of paginateDescribeSecurityGroups(
      { client },
      {},
      { abortSignal },
    )) {
      // The default one goes with its VPC.
      yield SecurityGroups.filter(({ GroupName }) => GroupName !== 'default').map(
        ({ GroupId = '', Tags, VpcId }) => ({
          ...{ id: GroupId, tags: Tags, vpc: VpcId },
        }),
      );
    }
  },
  async remove(things, client, signal) {
    return [
      ...(await revocations(things, client, signal)),
      ...each(things, 'delete-security-group', '--group-id'),
    ];
  },
});

/** Takes the rules away by which one group names another, because a group that is named cannot be deleted. */
async function revocations(
  groups: readonly Ec2Thing[],
  client: EC2Client,
  abortSignal: AbortSignal,
): Promise<string[][]> {
  const commands = new Map<string, string[]>();
  const input = { Filters: [{ Name: 'group-id', Values: groups.map(({ id }) => id) }] };
  for await (const { SecurityGroupRules = [] } of paginateDescribeSecurityGroupRules({ client }, input, {
    abortSignal,
  })) {
    for (const {
      GroupId = '',
      SecurityGroupRuleId = '',
      IsEgress,
      ReferencedGroupInfo,
    } of SecurityGroupRules) {
      const named = ReferencedGroupInfo?.GroupId;
      if (named === undefined || named === GroupId) continue;
      const verb = `revoke-security-group-${IsEgress ? 'egress' : 'ingress'}`;
      const words = commands.get(verb + GroupId) ?? [
        verb,
        '--group-id',
        GroupId,
        '--security-group-rule-ids',
      ];
      commands.set(verb + GroupId, [...words, SecurityGroupRuleId]);
    }
  }
  return [...commands.values()];
}

const internetGateways = ec2Kind({
  id: 'internet-gateways',
  title: 'internet gateways',
  operation: 'DescribeInternetGateways',
  async *list(client, abortSignal) {
    for await (const { InternetGateways = [] } of paginateDescribeInternetGateways(
      { client },
      {},
      { abortSignal },
    )) {
      yield InternetGateways.map(({ InternetGatewayId = '', Tags, Attachments = [] }) => ({
        ...{ id: InternetGatewayId, tags: Tags, vpc: Attachments[0]?.VpcId },
      }));
    }
  },
  remove: (things) =>
    things.flatMap(({ id, vpc }) => [
      ...(vpc === undefined
        ? []
        : [['detach-internet-gateway', '--internet-gateway-id', id, '--vpc-id', vpc]]),
      ['delete-internet-gateway', '--internet-gateway-id', id],
    ]),
});

const subnets = ec2Kind({
  id: 'subnets',
  title: 'subnets',
  operation: 'DescribeSubnets',
  async *list(client, abortSignal) {
    for await (const { Subnets = [] } of paginateDescribeSubnets({ client }, {}, { abortSignal })) {
      yield Subnets.map(({ SubnetId = '', Tags, VpcId }) => ({ id: SubnetId, tags: Tags, vpc: VpcId }));
    }
  },
  remove: (things) => each(things, 'delete-subnet', '--subnet-id'),
});

const routeTables = ec2Kind({
  id: 'route-tables',
  title: 'route tables',
  operation: 'DescribeRouteTables',
  async *list(client, abortSignal) {
    for await (const { RouteTables = [] } of paginateDescribeRouteTables({ client }, {}, { abortSignal })) {
      // The main one goes with its VPC.
      const others = RouteTables.filter(({ Associations = [] }) => !Associations.some(({ Main }) => Main));
      yield others.map(({ RouteTableId = '', Tags, VpcId }) => ({
        id: RouteTableId,
        tags: Tags,
        vpc: VpcId,
      }));
    }
  },
  remove: (things) => each(things, 'delete-route-table', '--route-table-id'),
});

const vpcs = ec2Kind({
  id: 'vpcs',
  title: 'VPCs',
  operation: 'DescribeVpcs',
  list: listVpcs,
  remove: (things) => each(things, 'delete-vpc', '--vpc-id'),
});

/** All VPCs of a region. */
export async function* listVpcs(client: EC2Client, abortSignal: AbortSignal): AsyncIterable<Ec2Thing[]> {
  for await (const { Vpcs = [] } of paginateDescribeVpcs({ client }, {}, { abortSignal })) {
    yield Vpcs.map(({ VpcId = '', Tags }) => ({ id: VpcId, tags: Tags }));
  }
}

/** The network, from what uses it to what it is. */
export const networkKinds: readonly Kind[] = [
  ...[flowLogs, natGateways, elasticIps, networkInterfaces, securityGroups],
  ...[internetGateways, subnets, routeTables, vpcs],
];
