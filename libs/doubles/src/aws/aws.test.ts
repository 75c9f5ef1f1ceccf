import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { readAccount } from '../account/account.ts';
import { doubleOf } from '../provider/double.ts';
import { aws } from './aws.ts';

let folder: string;
let double: ReturnType<typeof doubleOf>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  double = doubleOf({ ...aws, secondsOf: () => 0 }, folder, () => {});
});

const urnOf = (type: string, name: string) => `urn:pulumi:dev::network::${type}::${name}`;

/** Makes a resource as the engine does: completed, then created. */
async function make(type: string, name: string, inputs: object) {
  const urn = urnOf(type, name);
  const checked = await double.check?.(urn, {}, { ...inputs });
  const made = await double.create?.(urn, checked?.inputs ?? {});
  return { id: String(made?.id), outs: made?.outs as Record<string, unknown>, urn };
}

const vpc = 'aws:ec2/vpc:Vpc';
const subnet = 'aws:ec2/subnet:Subnet';
const gateway = 'aws:ec2/natGateway:NatGateway';

test('a NAT gateway that moves to another subnet wants an address that the old one still has', async () => {
  const { id: vpcId } = await make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const subnets = await Promise.all(
    ['a', 'b'].map((zone, third) =>
      make(subnet, zone, { vpcId, cidrBlock: `10.0.${third}.0/24`, availabilityZone: zone }),
    ),
  );
  const { id: allocationId } = await make('aws:ec2/eip:Eip', 'address', { domain: 'vpc' });
  const inputs = (index: number) => ({ allocationId, subnetId: subnets[index]?.id });
  const before = await make(gateway, 'gateway', inputs(0));

  const diff = await double.diff?.(before.id, before.urn, before.outs, inputs(1));
  expect(diff).toMatchObject({ replaces: ['subnetId'], deleteBeforeReplace: false });
  await expect(make(gateway, 'gateway', inputs(1))).rejects.toThrow('Resource.AlreadyAssociated');
});

test('a cluster that changes its role for good goes before the new one comes', async () => {
  const urn = urnOf('aws:eks/cluster:Cluster', 'c');
  const before = { name: 'envoy-poc', roleArn: 'one' };
  const diff = await double.diff?.('envoy-poc', urn, { __inputs: before }, { ...before, roleArn: 'two' });
  expect(diff).toMatchObject({ replaces: ['roleArn'], deleteBeforeReplace: true });
});

test('the schema of AWS is asked, of what is made and of what is changed', async () => {
  await expect(make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16', instanceTenancy: 'mine' })).rejects.toThrow(
    'ValidationException: AWS::EC2::VPC /InstanceTenancy = "mine" must be equal to one of the allowed values',
  );
  expect(readAccount(folder)).toEqual([]);
  const group = 'aws:cloudwatch/logGroup:LogGroup';
  const { id, urn, outs } = await make(group, 'logs', { retentionInDays: 30 });
  const update = async () => double.update?.(id, urn, outs, { name: id, retentionInDays: 31 });
  await expect(update()).rejects.toThrow('/RetentionInDays = 31');
});

test('a launch template that changes has another version, and a cluster says where its subnets are now', async () => {
  const template = 'aws:ec2/launchTemplate:LaunchTemplate';
  const inputs = { name: 'nodes', updateDefaultVersion: true, instanceType: 't3.medium' };
  const { id, urn, outs } = await make(template, 'nodes', inputs);
  expect(outs).toMatchObject({ latestVersion: 1 });
  const changed = await double.update?.(id, urn, outs, { ...inputs, description: 'Nodes' });
  expect(changed?.outs).toMatchObject({ latestVersion: 2, defaultVersion: 2, description: 'Nodes' });

  const { id: vpcId } = await make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const zones = ['a', 'b', 'a'].map((availabilityZone, third) =>
    make(subnet, `${third}`, { vpcId, cidrBlock: `10.0.${third}.0/24`, availabilityZone }),
  );
  const [first, second, third] = (await Promise.all(zones)).map((made) => made.id);
  const config = (...subnetIds: unknown[]) => ({
    ...{ name: 'c', version: '1.33', roleArn: 'role', vpcConfig: { subnetIds } },
  });
  const cluster = await make('aws:eks/cluster:Cluster', 'c', config(first, second));
  const moved = await double.update?.(cluster.id, cluster.urn, cluster.outs, config(second, third));
  expect(moved?.outs).toMatchObject({
    vpcConfig: { subnetIds: [second, third], clusterSecurityGroupId: expect.stringMatching(/^sg-/) },
  });
});
