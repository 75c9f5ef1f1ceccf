import { readFileSync } from 'node:fs';
import { type Contract, parseOutputs, projectFileOf } from '@envoy-poc/layers';
import { type LayerRunOptions, movedBetween, runLayer } from '@envoy-poc/layers/testing';
import { expect, test } from 'vitest';
import network from './index.ts';

const project = projectFileOf(`${import.meta.dirname}/..`);

function run(config: Record<string, unknown> = {}, replace: Partial<LayerRunOptions> = {}) {
  return runLayer(network, {
    project,
    config,
    answers: {
      'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({
        id: 'us-east-1',
        names: ['us-east-1c', 'us-east-1a', 'us-east-1b'],
      }),
    },
    state: ({ type, name }) =>
      type === 'aws:ec2/eip:Eip'
        ? { publicIp: `192.0.2.${name.at(-1)}`, allocationId: `eipalloc-0000000${name.at(-1)}` }
        : {},
    ...replace,
  });
}

test('the VPC is envoy-vpc, 172.245.0.0/16, with DNS', async () => {
  const { resource } = await run();
  expect(resource('envoy_poc_vpc').inputs).toMatchObject({
    cidrBlock: '172.245.0.0/16',
    enableDnsSupport: true,
    enableDnsHostnames: true,
    tags: { Name: 'envoy-vpc' },
  });
});

test('2 public and 2 private subnets, in different zones, tagged for load balancers', async () => {
  const { resource, resources } = await run();
  expect(resources.filter(({ type }) => type === 'aws:ec2/subnet:Subnet')).toHaveLength(4);
  for (const [index, zone] of [
    [1, 'us-east-1a'],
    [2, 'us-east-1b'],
  ] as const) {
    expect(resource(`envoy_poc_public_subnet_${index}`).inputs).toMatchObject({
      availabilityZone: zone,
      mapPublicIpOnLaunch: true,
      tags: { 'kubernetes.io/role/elb': '1' },
    });
    expect(resource(`envoy_poc_private_subnet_${index}`).inputs).toMatchObject({
      availabilityZone: zone,
      mapPublicIpOnLaunch: false,
      tags: { 'kubernetes.io/role/internal-elb': '1' },
    });
  }
});

test('public subnets go out by the internet gateway, each private one by the NAT gateway of its zone', async () => {
  const { resource, resources, outputs } = await run();
  const published = parseOutputs('network', 'dev', outputs);
  expect(resources.filter(({ type }) => type === 'aws:ec2/natGateway:NatGateway')).toHaveLength(2);
  expect(resource('envoy_poc_public_default_route').inputs.gatewayId).toMatch(/^igw-/);
  for (const index of [1, 2]) {
    expect(resource(`envoy_poc_nat_gateway_${index}`).inputs.subnetId).toBe(
      published.publicSubnets[index - 1]?.id,
    );
    expect(resource(`envoy_poc_private_${index}_default_route`).inputs).toMatchObject({
      destinationCidrBlock: '0.0.0.0/0',
      natGatewayId: expect.stringMatching(/^nat-/),
    });
    expect(resource(`envoy_poc_private_${index}_route_table_association`).inputs.subnetId).toBe(
      published.privateSubnets[index - 1]?.id,
    );
  }
  const ways = [1, 2].map(
    (index) => resource(`envoy_poc_private_${index}_default_route`).inputs.natGatewayId,
  );
  expect(new Set(ways).size).toBe(2);
});

test('a NAT gateway waits for the internet gateway, and is deleted before it', async () => {
  const { dependenciesOf } = await run();
  for (const name of ['envoy_poc_nat_gateway_1', 'envoy_poc_nat_eip_2']) {
    expect(dependenciesOf(name)).toContain('envoy_poc_internet_gateway');
  }
});

test('one NAT gateway serves all zones when told, and the risk is said', async () => {
  const { resource, resources, warnings } = await run({ singleNatGateway: true });
  expect(resources.filter(({ type }) => type === 'aws:ec2/natGateway:NatGateway')).toHaveLength(1);
  const ways = [1, 2].map(
    (index) => resource(`envoy_poc_private_${index}_default_route`).inputs.natGatewayId,
  );
  expect(ways[0]).toBe(ways[1]);
  expect(warnings.join()).toContain('network:singleNatGateway is true');
});

test('the security groups let through what the design says and nothing else', async () => {
  const { resources, outputs } = await run();
  const { securityGroupIds } = parseOutputs('network', 'dev', outputs);
  const nameOf = (id: unknown) => Object.entries(securityGroupIds).find(([, group]) => group === id)?.[0];
  const rules = resources
    .filter(({ type }) => type.startsWith('aws:vpc/securityGroup'))
    .map(({ type, inputs }) => {
      const peer = inputs.cidrIpv4 ?? nameOf(inputs.referencedSecurityGroupId);
      const [from, to] = type.includes('Ingress')
        ? [peer, nameOf(inputs.securityGroupId)]
        : [nameOf(inputs.securityGroupId), peer];
      const ports =
        inputs.ipProtocol === '-1' ? 'all' : `${inputs.ipProtocol} ${inputs.fromPort}-${inputs.toPort}`;
      expect(inputs.description).toBeTruthy();
      return `${type.includes('Ingress') ? 'in' : 'out'} ${from} -> ${to} ${ports}`;
    });
  expect(rules.sort()).toEqual([
    'in 0.0.0.0/0 -> alb tcp 80-80',
    'in alb -> envoy tcp 80-80',
    'in cluster -> worker tcp 1025-65535',
    'in worker -> cluster tcp 443-443',
    'in worker -> worker all',
    'out alb -> envoy tcp 80-80',
    'out cluster -> worker tcp 1025-65535',
    'out worker -> 0.0.0.0/0 all',
  ]);
});

test("no security group carries the cluster's tag, which only EKS's own may", async () => {
  const { resources } = await run();
  const groups = resources.filter(({ type }) => type === 'aws:ec2/securityGroup:SecurityGroup');
  expect(groups).toHaveLength(4);
  for (const { inputs } of groups) {
    expect(Object.keys(inputs.tags ?? {}).filter((key) => key.startsWith('kubernetes.io/cluster/'))).toEqual(
      [],
    );
  }
});

test('what it publishes is its contract, internal ranges included', async () => {
  const { outputs } = await run({ vpcCidr: '10.64.0.0/20', zoneCount: 3 });
  expect(parseOutputs('network', 'dev', outputs)).toMatchObject({
    region: 'us-east-1',
    vpcCidr: '10.64.0.0/20',
    internalCidrs: ['10.64.0.0/20'],
    publicSubnets: [
      { cidr: '10.64.0.0/23', zone: 'us-east-1a' },
      { cidr: '10.64.2.0/23', zone: 'us-east-1b' },
      { cidr: '10.64.4.0/23', zone: 'us-east-1c' },
    ],
    natPublicIps: ['192.0.2.1', '192.0.2.2', '192.0.2.3'],
  });
});

test("the load balancer's rules are named by their range: fewer, or another order, and no other rule changes", async () => {
  const ranges = ['198.51.100.0/24', '0.0.0.0/0', '203.0.113.8/32'];
  const before = await run({ albIngressCidrs: ranges });
  for (const after of [
    ranges.toReversed(),
    ranges.slice(1),
    ranges.slice(0, 1),
    ['192.0.2.0/28', ...ranges],
  ]) {
    expect(movedBetween(before, await run({ albIngressCidrs: after })), after.join(' ')).toEqual([]);
  }
  expect(before.resource('envoy_poc_alb_ingress_from_198_51_100_0_24').inputs.cidrIpv4).toBe(ranges[0]);
});

/** A network that stands, as it publishes itself. */
async function standing(config: Record<string, unknown> = {}) {
  const before = await run(config);
  return { before, published: { network: parseOutputs('network', 'dev', before.outputs) } };
}

test('zones named in another order move nothing; fewer of them take only their own away', async () => {
  const zones = ['us-east-1d', 'us-east-1b', 'us-east-1c'];
  const { before, published } = await standing({ zones, zoneCount: 3 });
  for (const after of [zones.toReversed(), zones.slice(1), zones.slice(0, 2), ['us-east-1a', 'us-east-1d']]) {
    const now = await run({ zones: after, zoneCount: after.length }, { published });
    expect(movedBetween(before, now), after.join(' ')).toEqual([]);
  }
});

test('a zone that AWS shows anew moves nothing, and a third takes none that is there', async () => {
  const answers = (names: string[]) => ({
    answers: { 'aws:index/getAvailabilityZones:getAvailabilityZones': () => ({ id: 'us-east-1', names }) },
  });
  const first = await run({}, answers(['us-east-1b', 'us-east-1c']));
  const published = { network: parseOutputs('network', 'dev', first.outputs) };
  for (const zoneCount of [2, 3]) {
    const now = await run(
      { zoneCount },
      { published, ...answers(['us-east-1a', 'us-east-1b', 'us-east-1c']) },
    );
    expect(movedBetween(first, now)).toEqual([]);
    const { publicSubnets, controlPlaneZones } = parseOutputs('network', 'dev', now.outputs);
    expect(publicSubnets.map(({ zone }) => zone)).toEqual(
      ['us-east-1b', 'us-east-1c', 'us-east-1a'].slice(0, zoneCount),
    );
    expect(controlPlaneZones).toEqual(['us-east-1b', 'us-east-1c']);
  }
});

test('what an older version published is enough to keep the zones', async () => {
  const { before, published } = await standing({ zones: ['us-east-1b', 'us-east-1c'] });
  const { controlPlaneZones: _, ...older } = published.network;
  const now = await run({}, { published: { network: older as Contract<'network'> } });
  expect(movedBetween(before, now)).toEqual([]);
});

test('in another region, zones are chosen afresh', async () => {
  const { published } = await standing();
  const zones = { id: 'eu-west-1', names: ['eu-west-1a', 'eu-west-1b'] };
  const answers = { 'aws:index/getAvailabilityZones:getAvailabilityZones': () => zones };
  const { outputs } = await run({ 'aws:region': 'eu-west-1' }, { published, answers });
  expect(parseOutputs('network', 'dev', outputs).controlPlaneZones).toEqual(zones.names);
});

test('the default security group of the VPC lets nothing in or out', async () => {
  const { resource, outputs } = await run();
  expect(resource('envoy_poc_vpc_default_security_group')).toMatchObject({
    type: 'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup',
    inputs: { vpcId: outputs.vpcId, ingress: [], egress: [] },
  });
});

test('a range without room for the nodes that an update adds is warned of, with the figures', async () => {
  const warned = async (vpcCidr: string) => (await run({ vpcCidr })).warnings.join();
  expect(await warned('10.64.0.0/22')).toBe('');
  expect(await warned('10.64.0.0/23')).toMatch(/has 59 usable addresses.* a zone holds 3 nodes/);
  expect(await warned('10.64.0.0/24')).toMatch(
    /has 27 usable addresses, and a t3\.medium takes up to 18, so a zone holds 1 nodes.*\/22 it is 123 addresses and 6 nodes/,
  );
});

test('public address space is allowed and warned of; private is quiet', async () => {
  expect((await run()).warnings.join()).toContain('network:vpcCidr 172.245.0.0/16 is public address space');
  expect((await run({ vpcCidr: '10.64.0.0/16' })).warnings).toEqual([]);
});

test('flow logs are off, and on by config, through a role that writes only there', async () => {
  const isFlowLog = ({ type }: { type: string }) => type === 'aws:ec2/flowLog:FlowLog';
  expect((await run()).resources.filter(isFlowLog)).toEqual([]);
  const { resources, resource } = await run({ flowLogs: true });
  expect(resources.filter(isFlowLog)).toHaveLength(1);
  expect(String(resource('envoy_poc_flow_logs_policy').inputs.policy)).toContain(
    'loggroup/envoy_poc_flow_logs',
  );
});

test('every AWS resource goes through the provider that tags project, layer and stack', async () => {
  const { resources, resource } = await run({ flowLogs: true });
  expect(resource('envoy_poc_aws').inputs.defaultTags).toEqual(
    JSON.stringify({ tags: { project: 'envoy-poc', layer: 'network', stack: 'dev' } }),
  );
  for (const { type, name, provider } of resources) {
    if (type.startsWith('aws:')) expect(provider, name).toContain('envoy_poc_aws');
  }
});

test('all that it makes is folded into components', async () => {
  expect((await run({ flowLogs: true })).roots).toEqual([
    'envoy-poc:network:FlowLogs envoy_poc_flow_logs',
    'envoy-poc:network:PrivateRoutes envoy_poc_private_routes',
    'envoy-poc:network:PublicRoutes envoy_poc_public_routes',
    'envoy-poc:network:SecurityGroups envoy_poc_security_groups',
    'envoy-poc:network:Subnets envoy_poc_private_subnets',
    'envoy-poc:network:Subnets envoy_poc_public_subnets',
    'envoy-poc:network:Vpc envoy_poc_vpc',
    'pulumi:providers:aws envoy_poc_aws',
  ]);
});

test('logical names are descriptive snake case', async () => {
  const { resources } = await run({ flowLogs: true });
  for (const { name } of resources) expect(name).toMatch(/^envoy_poc_[a-z0-9]+(_[a-z0-9]+)*$/);
});

test.each([
  [{ vpcCidr: '172.245.0.0' }, 'network:vpcCidr = "172.245.0.0": an IPv4 range'],
  [{ vpcCidr: '10.0.0.0/8' }, 'network:vpcCidr = "10.0.0.0/8": must be /16 to /24'],
  [
    { vpcCidr: '10.0.3.0/16' },
    'network:vpcCidr = "10.0.3.0/16": does not start on its own boundary; try 10.0.0.0/16',
  ],
  [{ zoneCount: 1 }, 'network:zoneCount = 1: EKS and the load balancer need 2 zones or more'],
  [{ zoneCount: 4 }, 'network:zoneCount = 4: at most 3'],
  [{ zones: ['us-east-1a'] }, 'network:zones = ["us-east-1a"]: 1 zones named, but zoneCount is 2'],
  [{ zones: ['us-east-1a', 'us-east-1a'] }, 'names a zone twice'],
  [{ albIngressCidrs: ['anywhere'] }, 'network:albIngressCidrs.0 = "anywhere": an IPv4 range'],
  [
    { albIngressCidrs: ['0.0.0.0/0', '198.51.100.7/24'] },
    'network:albIngressCidrs.1 = "198.51.100.7/24": does not start on its own boundary; try 198.51.100.0/24',
  ],
  [
    { albIngressCidrs: ['192.0.2.0/28', '198.51.100.0/24', '192.0.2.0/28'] },
    'names 192.0.2.0/28 twice; name each range once',
  ],
  [{ singleNatGateway: 'maybe' }, 'network:singleNatGateway = "maybe": true or false'],
])('bad configuration %j is told before anything is declared', async (config, message) => {
  await expect(run(config)).rejects.toThrow(message);
});

test('zones that EKS cannot use are left out', async () => {
  const asked: unknown[] = [];
  const answers = {
    'aws:index/getAvailabilityZones:getAvailabilityZones': (inputs: unknown) => {
      asked.push(inputs);
      return { id: 'us-east-1', names: ['us-east-1a', 'us-east-1b'] };
    },
  };
  await run({}, { answers });
  expect(asked).toMatchObject([
    {
      filters: [{ name: 'opt-in-status', values: ['opt-in-not-required'] }],
      excludeZoneIds: expect.arrayContaining(['use1-az3']),
    },
  ]);
});

test('a region with too few zones is an error', async () => {
  const zones = { id: 'us-west-1', names: ['us-west-1a', 'us-west-1c'] };
  const answers = { 'aws:index/getAvailabilityZones:getAvailabilityZones': () => zones };
  await expect(run({ zoneCount: 3 }, { answers })).rejects.toThrow(
    'network:zoneCount is 3, but region us-west-1 has 2 availability zones: us-west-1a, us-west-1c',
  );
});

test('faults are told together', async () => {
  const failure = await run({ vpcCidr: '10.0.3.0/16', zoneCount: 9 }).catch((error: Error) => error.message);
  expect(failure).toContain('network:vpcCidr');
  expect(failure).toContain('network:zoneCount');
});

test('the README names every input and output', async () => {
  const readme = readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');
  const { outputs } = await run();
  for (const key of [...Object.keys(project.config), ...Object.keys(outputs)])
    expect(readme).toContain(`\`${key}\``);
});
