import {
  DescribeAddressesCommand,
  EC2Client,
  paginateDescribeFlowLogs,
  paginateDescribeInstances,
  paginateDescribeInternetGateways,
  paginateDescribeLaunchTemplates,
  paginateDescribeNatGateways,
  paginateDescribeNetworkInterfaces,
  paginateDescribeRouteTables,
  paginateDescribeSecurityGroupRules,
  paginateDescribeSecurityGroups,
  paginateDescribeSubnets,
  paginateDescribeVolumes,
  paginateDescribeVpcs,
} from '@aws-sdk/client-ec2';
import { each, kindOf, type Look, type ResourceKind, type Thing, together } from '../kind.ts';
import type { Tag } from '../owner.ts';

/** Asks EC2. */
interface Ec2Look extends Look {
  readonly ec2: EC2Client;
}

/** A kind of EC2's; the commands that remove it begin with `aws ec2`. */
function ec2Kind<T extends Thing>(
  [id, title, operation]: readonly [id: string, title: string, operation: string],
  list: (look: Ec2Look) => Promise<readonly T[]>,
  remove: (things: readonly T[], look: Ec2Look) => string[][] | Promise<string[][]>,
): ResourceKind {
  const ec2 = (look: Look) => ({ ...look, ec2: new EC2Client(look.options) });
  return kindOf<T>({
    ...{ id, title, action: `ec2:${operation}` },
    list: (look) => list(ec2(look)),
    remove: async (things, look) => (await remove(things, ec2(look))).map((words) => ['ec2', ...words]),
  });
}

const thing = (id: string | undefined, tags: readonly Tag[] | undefined, vpc?: string): Thing => ({
  ...{ id: id ?? '', tags, vpc },
});

const instances = ec2Kind(
  ['instances', 'instances', 'DescribeInstances'],
  async ({ all, ec2 }) => {
    const states = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];
    const input = { Filters: [{ Name: 'instance-state-name', Values: states }] };
    const reservations = await all(paginateDescribeInstances, ec2, input, (page) => page.Reservations);
    return reservations
      .flatMap(({ Instances = [] }) => Instances)
      .map(({ InstanceId, Tags, VpcId }) => thing(InstanceId, Tags, VpcId));
  },
  (things) => [
    together(things, 'terminate-instances', '--instance-ids'),
    together(things, 'wait', 'instance-terminated', '--instance-ids'),
  ],
);

const volumes = ec2Kind(
  ['volumes', 'EBS volumes', 'DescribeVolumes'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeVolumes, ec2, {}, (page) => page.Volumes))
      // Those that go with their instance are its, not left over.
      .filter(
        ({ State, Attachments = [] }) =>
          State !== 'deleting' && !Attachments.some(({ DeleteOnTermination }) => DeleteOnTermination),
      )
      .map(({ VolumeId, Tags }) => thing(VolumeId, Tags)),
  (things) => each(things, 'delete-volume', '--volume-id'),
);

const launchTemplates = ec2Kind(
  ['launch-templates', 'launch templates', 'DescribeLaunchTemplates'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeLaunchTemplates, ec2, {}, (page) => page.LaunchTemplates)).map(
      ({ LaunchTemplateId, Tags }) => thing(LaunchTemplateId, Tags),
    ),
  (things) => each(things, 'delete-launch-template', '--launch-template-id'),
);

const flowLogs = ec2Kind(
  ['flow-logs', 'flow logs', 'DescribeFlowLogs'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeFlowLogs, ec2, {}, (page) => page.FlowLogs)).map(
      ({ FlowLogId, Tags, ResourceId }) => thing(FlowLogId, Tags, ResourceId),
    ),
  (things) => [together(things, 'delete-flow-logs', '--flow-log-ids')],
);

const natGateways = ec2Kind(
  ['nat-gateways', 'NAT gateways', 'DescribeNatGateways'],
  async ({ all, ec2 }) => {
    // Those that are deleted show for an hour.
    const input = { Filter: [{ Name: 'state', Values: ['pending', 'available', 'failed', 'deleting'] }] };
    const gateways = await all(paginateDescribeNatGateways, ec2, input, (page) => page.NatGateways);
    return gateways.map(({ NatGatewayId, Tags, VpcId }) => thing(NatGatewayId, Tags, VpcId));
  },
  (things) => [
    ...each(things, 'delete-nat-gateway', '--nat-gateway-id'),
    together(things, 'wait', 'nat-gateway-deleted', '--nat-gateway-ids'),
  ],
);

const elasticIps = ec2Kind(
  ['elastic-ips', 'elastic IPs', 'DescribeAddresses'],
  async ({ ec2, abortSignal }) => {
    const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}), { abortSignal });
    return Addresses.map(({ AllocationId, Tags }) => thing(AllocationId, Tags));
  },
  (things) => each(things, 'release-address', '--allocation-id'),
);

const networkInterfaces = ec2Kind(
  ['network-interfaces', 'network interfaces', 'DescribeNetworkInterfaces'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeNetworkInterfaces, ec2, {}, (page) => page.NetworkInterfaces))
      // One in use that its owner takes along when it goes is not left over.
      .filter(
        ({ Status, RequesterManaged, Attachment }) =>
          Status !== 'in-use' ||
          !(RequesterManaged || Attachment?.DeleteOnTermination || Attachment?.DeviceIndex === 0),
      )
      .map(({ NetworkInterfaceId, TagSet, VpcId, Attachment }) => ({
        ...thing(NetworkInterfaceId, TagSet, VpcId),
        attachment: Attachment?.AttachmentId ?? '',
      })),
  (things) => {
    const attached = things.filter(({ attachment }) => attachment !== '');
    const detach = ['detach-network-interface', '--force', '--attachment-id'];
    return [
      ...attached.map(({ attachment }) => [...detach, attachment]),
      ...(attached.length > 0
        ? [together(attached, 'wait', 'network-interface-available', '--network-interface-ids')]
        : []),
      ...each(things, 'delete-network-interface', '--network-interface-id'),
    ];
  },
);

const securityGroups = ec2Kind(
  ['security-groups', 'security groups', 'DescribeSecurityGroups'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeSecurityGroups, ec2, {}, (page) => page.SecurityGroups))
      // The default one goes with its VPC.
      .filter(({ GroupName }) => GroupName !== 'default')
      .map(({ GroupId, Tags, VpcId }) => thing(GroupId, Tags, VpcId)),
  async (things, look) => [
    ...(await revocations(things, look)),
    ...each(things, 'delete-security-group', '--group-id'),
  ],
);

/** Takes the rules away by which one group names another, because a group that is named cannot be deleted. */
async function revocations(groups: readonly Thing[], { all, ec2 }: Ec2Look): Promise<string[][]> {
  const input = { Filters: [{ Name: 'group-id', Values: groups.map(({ id }) => id) }] };
  const rules = await all(paginateDescribeSecurityGroupRules, ec2, input, (page) => page.SecurityGroupRules);
  const naming = rules.filter(
    ({ GroupId, ReferencedGroupInfo }) => ![undefined, GroupId].includes(ReferencedGroupInfo?.GroupId),
  );
  const commands = Map.groupBy(naming, ({ GroupId, IsEgress }) =>
    [`revoke-security-group-${IsEgress ? 'egress' : 'ingress'}`, '--group-id', GroupId].join(' '),
  );
  return [...commands].map(([words, some]) => [
    ...words.split(' '),
    '--security-group-rule-ids',
    ...some.map(({ SecurityGroupRuleId = '' }) => SecurityGroupRuleId),
  ]);
}

const internetGateways = ec2Kind(
  ['internet-gateways', 'internet gateways', 'DescribeInternetGateways'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeInternetGateways, ec2, {}, (page) => page.InternetGateways)).map(
      ({ InternetGatewayId, Tags, Attachments = [] }) =>
        thing(InternetGatewayId, Tags, Attachments[0]?.VpcId),
    ),
  (things) =>
    things.flatMap(({ id, vpc }) => [
      ...(vpc ? [['detach-internet-gateway', '--internet-gateway-id', id, '--vpc-id', vpc]] : []),
      ['delete-internet-gateway', '--internet-gateway-id', id],
    ]),
);

const subnets = ec2Kind(
  ['subnets', 'subnets', 'DescribeSubnets'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeSubnets, ec2, {}, (page) => page.Subnets)).map(({ SubnetId, Tags, VpcId }) =>
      thing(SubnetId, Tags, VpcId),
    ),
  (things) => each(things, 'delete-subnet', '--subnet-id'),
);

const routeTables = ec2Kind(
  ['route-tables', 'route tables', 'DescribeRouteTables'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeRouteTables, ec2, {}, (page) => page.RouteTables))
      // The main one goes with its VPC.
      .filter(({ Associations = [] }) => !Associations.some(({ Main }) => Main))
      .map(({ RouteTableId, Tags, VpcId }) => thing(RouteTableId, Tags, VpcId)),
  (things) => each(things, 'delete-route-table', '--route-table-id'),
);

/** VPCs; without one of the stack's, nothing is known by where it stands. */
export const vpcs = ec2Kind(
  ['vpcs', 'VPCs', 'DescribeVpcs'],
  async ({ all, ec2 }) =>
    (await all(paginateDescribeVpcs, ec2, {}, (page) => page.Vpcs)).map(({ VpcId, Tags }) =>
      thing(VpcId, Tags),
    ),
  (things) => each(things, 'delete-vpc', '--vpc-id'),
);

/** What nodes are made of, then the network, from what uses it to what it is. */
export const ec2Kinds: readonly ResourceKind[] = [
  ...[instances, volumes, launchTemplates],
  ...[flowLogs, natGateways, elasticIps, networkInterfaces, securityGroups],
  ...[internetGateways, subnets, routeTables, vpcs],
];
