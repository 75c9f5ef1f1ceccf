import { expect, test } from 'vitest';
import type { Properties, Resource } from './account.ts';
import { checkDelete, checkRules } from './rules.ts';
import { create, named } from './shapes.ts';

/** An account in which things are made as the AWS double makes them. */
function account() {
  const resources: Resource[] = [];
  return {
    resources,
    make(type: string, name: string, inputs: Properties, stack = 'dev'): Resource {
      const wanted = { type, urn: `urn:pulumi:${stack}::network::${type}::${name}`, inputs };
      checkRules(resources, wanted);
      const resource = { ...wanted, ...create(wanted) };
      resources.push(resource);
      return resource;
    },
  };
}

const vpc = 'aws:ec2/vpc:Vpc';
const subnet = 'aws:ec2/subnet:Subnet';
const repository = 'aws:ecr/repository:Repository';

function clusterIn(zones: readonly string[]) {
  const { resources, make } = account();
  const { id: vpcId } = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const subnetIds = zones.map((availabilityZone, index) => {
    const cidrBlock = `10.0.${index}.0/24`;
    return make(subnet, `subnet_${index}`, { vpcId, cidrBlock, availabilityZone }).id;
  });
  const cluster = make('aws:eks/cluster:Cluster', 'cluster', { name: 'c', vpcConfig: { subnetIds } });
  const { clusterSecurityGroupId } = cluster.outputs.vpcConfig as { clusterSecurityGroupId: string };
  const group = (tags: Properties) =>
    make('aws:ec2/securityGroup:SecurityGroup', `group_${resources.length}`, { vpcId, tags }).id;
  const nodes = (vpcSecurityGroupIds: string[], amiType = 'AL2023_x86_64_STANDARD') => {
    const template = make('aws:ec2/launchTemplate:LaunchTemplate', 'template', { vpcSecurityGroupIds });
    return make('aws:eks/nodeGroup:NodeGroup', 'nodes', {
      ...{ clusterName: 'c', amiType, version: '1.33' },
      launchTemplate: { id: template.id },
    });
  };
  return { clusterSecurityGroupId, group, nodes };
}

test('what somebody refers to cannot be deleted; then it can', () => {
  const { resources, make } = account();
  const target = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  make(subnet, 'subnet', { vpcId: target.id, cidrBlock: '10.0.0.0/24', availabilityZone: 'a' });
  expect(() => checkDelete(resources, target)).toThrow(/DependencyViolation: vpc-.* is in use by subnet-/);
  resources.pop();
  expect(() => checkDelete(resources, target)).not.toThrow();
});

test('nor can what only another stack refers to', () => {
  const { resources, make } = account();
  const target = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const inputs = { vpcId: target.id, cidrBlock: '10.0.0.0/24', availabilityZone: 'a' };
  make(subnet, 'subnet', inputs, 'staging');
  expect(() => checkDelete(resources, target)).toThrow('DependencyViolation');
});

test('a rule is there once', () => {
  const { make } = account();
  const { id: vpcId } = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const { id: securityGroupId } = make('aws:ec2/securityGroup:SecurityGroup', 'group', { vpcId });
  const type = 'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule';
  const http = { securityGroupId, cidrIpv4: '0.0.0.0/0', ipProtocol: 'tcp', fromPort: 80, toPort: 80 };
  make(type, 'http', http);
  expect(() => make(type, 'http_again', { ...http, description: 'once more' })).toThrow('AlreadyExists');
  expect(() => make(type, 'https', { ...http, fromPort: 443, toPort: 443 })).not.toThrow();
});

test('an id that is not there is refused', () => {
  const wanted = { vpcId: 'vpc-0123456789abcdef0', cidrBlock: '10.0.0.0/24' };
  expect(() => account().make(subnet, 'subnet', wanted)).toThrow('NotFound: vpc-0123456789abcdef0');
});

test('subnets of one VPC must not overlap', () => {
  const { make } = account();
  const { id: vpcId } = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  make(subnet, 'one', { vpcId, cidrBlock: '10.0.0.0/20' });
  expect(() => make(subnet, 'two', { vpcId, cidrBlock: '10.0.8.0/24' })).toThrow('InvalidSubnet.Conflict');
  expect(() => make(subnet, 'two', { vpcId, cidrBlock: '10.0.16.0/24' })).not.toThrow();
});

test('a name is taken once, also by the stack that had it', () => {
  const { make } = account();
  make(repository, 'repository', { name: 'app' });
  expect(() => make(repository, 'repository', { name: 'app' })).toThrow('AlreadyExists: app');
});

test('a repository with images needs force', () => {
  const { resources, make } = account();
  const target = make(repository, 'repository', { name: 'app' });
  make('aws:ecr/image:Image', 'image', { repositoryName: 'app', imageDigest: 'sha256:0' });
  expect(() => checkDelete(resources, target)).toThrow(
    'RepositoryNotEmptyException: app still holds 1 images',
  );
  target.inputs.forceDelete = true;
  expect(() => checkDelete(resources, target)).not.toThrow();
});

test('a cluster needs two zones', () => {
  expect(() => clusterIn(['a', 'a'])).toThrow('at least two different AZs');
  expect(() => clusterIn(['a', 'b'])).not.toThrow();
});

test('nodes join with the cluster security group, without a second tagged one, and on AL2023', () => {
  const { clusterSecurityGroupId: own, group, nodes } = clusterIn(['a', 'b']);
  const tagged = group({ 'kubernetes.io/cluster/c': 'owned' });
  expect(() => nodes([group({})])).toThrow(`instances failed to join c: no ${own}`);
  expect(() => nodes([own, tagged])).toThrow('expected exactly one security group tagged');
  expect(() => nodes([own], 'AL2_x86_64')).toThrow('AL2_x86_64 is not supported for Kubernetes 1.33');
  expect(() => nodes([own, group({})])).not.toThrow();
});

test('a generated name stays the same', () => {
  const wanted = { type: 'aws:iam/role:Role', urn: 'urn:pulumi:dev::p::aws:iam/role:Role::role', inputs: {} };
  const first = named(wanted, {});
  expect(first.name).toMatch(/^role-[0-9a-f]{7}$/);
  expect(named(wanted, first)).toEqual(first);
});
