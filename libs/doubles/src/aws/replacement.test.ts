import { expect, test } from 'vitest';
import { awsReplacement } from './replacement.ts';
import { awsSchemas } from './schema/faults.ts';
import { mappings } from './schema/mappings.ts';
import { named } from './shapes.ts';

const replacement = (type: string, before: object, after: object) =>
  awsReplacement(type, `urn:pulumi:dev::p::${type}::thing`, { ...before }, { ...after });

test.each([
  ['aws:ec2/natGateway:NatGateway', { subnetId: 'a', allocationId: 'x' }, 'subnetId'],
  ['aws:ec2/subnet:Subnet', { cidrBlock: '10.0.0.0/24' }, 'cidrBlock'],
  ['aws:ec2/vpc:Vpc', { cidrBlock: '10.0.0.0/16' }, 'cidrBlock'],
  ['aws:eks/podIdentityAssociation:PodIdentityAssociation', { namespace: 'a' }, 'namespace'],
  ['aws:ec2/launchTemplate:LaunchTemplate', { name: 'thing-0123456' }, 'name'],
])('a %s that changes for good is made anew before the old one goes', (type, before, on) => {
  const after = { ...before, [on]: 'thing-0000000' };
  expect(replacement(type, before, after)).toEqual({ on: [on], deleteFirst: false });
});

test('a name that somebody fixed cannot be there twice: the old one goes first, also when the name changes', () => {
  const type = 'aws:eks/cluster:Cluster';
  expect(replacement(type, { name: 'c', roleArn: 'a' }, { name: 'c', roleArn: 'b' })).toEqual({
    on: ['roleArn'],
    deleteFirst: true,
  });
  expect(replacement(type, { name: 'c' }, { name: 'd' })).toEqual({ on: ['name'], deleteFirst: true });
});

test('a name that the provider made does not hold it up', () => {
  const type = 'aws:iam/role:Role';
  const inputs = named({ type, urn: `urn:pulumi:dev::p::${type}::thing`, inputs: { path: '/a/' } }, {});
  expect(replacement(type, inputs, { ...inputs, path: '/b/' })).toEqual({ on: ['path'], deleteFirst: false });
  const fixed = { ...inputs, name: 'mine' };
  expect(replacement(type, fixed, { ...fixed, path: '/b/' }).deleteFirst).toBe(true);
});

test('what is the same thing to AWS goes first', () => {
  const type = 'aws:iam/rolePolicyAttachment:RolePolicyAttachment';
  expect(replacement(type, { role: 'a', policyArn: 'x' }, { role: 'a', policyArn: 'y' }).deleteFirst).toBe(
    true,
  );
});

test('what can change in place is changed in place', () => {
  const rule = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
  expect(replacement(rule, { cidrIpv4: 'a' }, { cidrIpv4: 'b' })).toEqual({ on: [], deleteFirst: false });
  const group = 'aws:eks/nodeGroup:NodeGroup';
  const template = (id: string, version: string) => ({ launchTemplate: { id, version } });
  expect(replacement(group, template('a', '1'), template('a', '2')).on).toEqual([]);
  expect(replacement(group, template('a', '1'), template('b', '1')).on).toEqual(['launchTemplate.id']);
});

/** What AWS cannot change in place, and the provider changes by other calls. */
const byOtherCalls = [
  'RouteTableAssociation.routeTableId: ReplaceRouteTableAssociation',
  ...['ipProtocol', 'fromPort', 'toPort', 'cidrIpv4', 'cidrIpv6', 'referencedSecurityGroupId'].map(
    (input) => `SecurityGroupIngressRule.${input}: ModifySecurityGroupRules`,
  ),
  ...['ipProtocol', 'fromPort', 'toPort', 'cidrIpv4', 'cidrIpv6', 'referencedSecurityGroupId'].map(
    (input) => `SecurityGroupEgressRule.${input}: ModifySecurityGroupRules`,
  ),
  ...['SecurityGroupIngressRule', 'SecurityGroupEgressRule'].map(
    (type) => `${type}.prefixListId: ModifySecurityGroupRules`,
  ),
  'Cluster.encryptionConfig: AssociateEncryptionConfig',
];

test("what AWS's schema says cannot change in place is replaced, or changed by a call that is known", () => {
  const excused = new Set(byOtherCalls.map((line) => line.split(':')[0]));
  const missing = Object.entries(mappings).flatMap(([type, { aws, part, properties }]) =>
    Object.entries(properties)
      .filter(([, path]) => !part && awsSchemas.types[aws]?.createOnlyProperties?.includes(path))
      .map(([input]) => ({
        name: `${type}.${input}`,
        on: replacement(`aws:x/y:${type}`, {}, { [input]: 1 }).on,
      }))
      .filter(({ name, on }) => on.length === 0 && !excused.has(name))
      .map(({ name }) => name),
  );
  expect(missing).toEqual([]);
});
