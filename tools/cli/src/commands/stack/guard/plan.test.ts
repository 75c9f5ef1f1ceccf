import { exampleOf } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { lostFoundations } from './changes-under.ts';
import { readPlan, UNKNOWN } from './plan.ts';
import { ended, eventLog } from './testing.ts';

const network = exampleOf('network');
const [first, second] = network.publicSubnets;
const subnet = (number: number, id = '') => ({
  name: `envoy_poc_public_subnet_${number}`,
  id,
  inputs: { vpcId: network.vpcId },
  outputs: { vpcId: network.vpcId, arn: `arn:aws:ec2:::subnet/${id}` },
});
const paths = (log: string) => lostFoundations('network', readPlan(log)).map(({ path }) => path);

test('a value that changes, with both, and what is made anew, with its resource', () => {
  const after = { ...network, vpcCidr: '10.64.0.0/16', publicSubnets: UNKNOWN };
  const log = eventLog(network, after, ended('replace', subnet(2, second?.id)));
  expect(lostFoundations('network', readPlan(log))).toEqual([
    { path: 'vpcCidr', before: network.vpcCidr, after: '10.64.0.0/16' },
    { path: 'publicSubnets.1.id', before: second?.id, resource: 'envoy_poc_public_subnet_2' },
  ]);
});

test('what is only added is no loss, though nothing is known of it yet', () => {
  const third = { id: 'subnet-0aaa0000000000003', cidr: '172.245.64.0/19', zone: 'us-east-1c' };
  expect(paths(eventLog(network, { ...network, publicSubnets: UNKNOWN }))).toEqual([]);
  const grown = { ...network, publicSubnets: [...network.publicSubnets, third] };
  expect(paths(eventLog(network, grown))).toEqual([]);
});

test('fewer zones, another order', () => {
  expect(paths(eventLog(network, { ...network, publicSubnets: [first] }))).toEqual([
    'publicSubnets.1.id',
    'publicSubnets.1.cidr',
    'publicSubnets.1.zone',
  ]);
  const turned = { ...network, controlPlaneZones: network.controlPlaneZones.toReversed() };
  expect(paths(eventLog(network, turned))).toEqual(['controlPlaneZones.0', 'controlPlaneZones.1']);
});

test('a resource that goes takes only what AWS gave it, not what it was given', () => {
  const nat = {
    name: 'envoy_poc_nat_gateway_2',
    id: 'nat-1',
    inputs: { subnetId: second?.id },
    outputs: { subnetId: second?.id, publicIp: '192.0.2.11' },
  };
  const after = { ...network, publicSubnets: UNKNOWN, natPublicIps: UNKNOWN };
  expect(paths(eventLog(network, after, ended('delete', nat)))).toEqual([]);
});

test('what nobody stands on may change, and a first deploy has nothing to lose', () => {
  expect(paths(eventLog(network, { ...network, natPublicIps: ['192.0.2.12'] }))).toEqual([]);
  expect(paths(eventLog({}, network))).toEqual([]);
  const cluster = exampleOf('cluster');
  const after = { ...cluster, version: '1.34', nodeGroupName: UNKNOWN };
  expect(lostFoundations('cluster', readPlan(eventLog(cluster, after)))).toEqual([]);
});

test('an output that a preview leaves out is not known, and lost only with its resource', () => {
  const cluster = exampleOf('cluster');
  const { clusterSecurityGroupId, ...after } = cluster;
  const log = (...events: object[]) => readPlan(eventLog(cluster, { ...after, version: '1.34' }, ...events));
  expect(lostFoundations('cluster', log())).toEqual([]);
  const group = { name: 'made_by_eks', id: clusterSecurityGroupId, inputs: {}, outputs: {} };
  expect(lostFoundations('cluster', log(ended('replace', group)))).toEqual([
    { path: 'clusterSecurityGroupId', before: clusterSecurityGroupId, resource: 'made_by_eks' },
  ]);
});

test('what a refresh finds gone is put back, not refused', () => {
  const log = eventLog(
    network,
    { ...network, publicSubnets: UNKNOWN },
    ended('refresh', subnet(2, second?.id)),
    ended('create', subnet(2)),
  );
  expect(paths(log)).toEqual([]);
});

test('of resources that share a value, the same one is named in whatever order the engine has them', () => {
  const sharing = (number: number) => ({ ...subnet(number), outputs: { region: 'us-east-1' } });
  const named = (...numbers: number[]) =>
    readPlan(eventLog({}, {}, ...numbers.map((number) => ended('replace', sharing(number))))).gone.get(
      'us-east-1',
    );
  expect(named(1, 2)).toBe('envoy_poc_public_subnet_1');
  expect(named(2, 1)).toBe('envoy_poc_public_subnet_1');
});
