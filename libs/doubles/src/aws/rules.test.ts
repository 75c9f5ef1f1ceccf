import { expect, test } from 'vitest';
import { checkDelete } from './rules.ts';
import { named } from './shapes.ts';
import { account, clusterIn, types } from './testing/account.ts';

const { vpc, subnet, repository } = types;

test('what somebody refers to cannot be deleted; then it can', () => {
  const { resources, make } = account();
  const target = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  make(subnet, 'subnet', { vpcId: target.id, cidrBlock: '10.0.0.0/24', availabilityZone: 'a' });
  expect(() => checkDelete(resources, target)).toThrow(/DependencyViolation: vpc-.* is in use by subnet-/);
  resources.pop();
  expect(() => checkDelete(resources, target)).not.toThrow();
});

test('a cluster with nodes and a role with policies stay, in the words of their services', () => {
  const { resources, cluster, nodes } = clusterIn(['a', 'b']);
  nodes();
  expect(() => checkDelete(resources, cluster)).toThrow(
    'ResourceInUseException: Cluster has nodegroups attached',
  );
  const { resources: all, make } = account();
  const role = make('aws:iam/role:Role', 'role', { name: 'role' });
  make('aws:iam/rolePolicyAttachment:RolePolicyAttachment', 'policy', { role: 'role', policyArn: 'x' });
  expect(() => checkDelete(all, role)).toThrow('DeleteConflict: Cannot delete entity');
});

test('nor can what only another stack refers to', () => {
  const { resources, make } = account();
  const target = make(vpc, 'vpc', { cidrBlock: '10.0.0.0/16' });
  const inputs = { vpcId: target.id, cidrBlock: '10.0.0.0/24', availabilityZone: 'a' };
  make(subnet, 'subnet', inputs, 'staging');
  expect(() => checkDelete(resources, target)).toThrow('DependencyViolation');
});

test('an id that is not there is refused', () => {
  const wanted = { vpcId: 'vpc-0123456789abcdef0', cidrBlock: '10.0.0.0/24' };
  expect(() => account().make(subnet, 'subnet', wanted)).toThrow('NotFound: vpc-0123456789abcdef0');
});

test('a name is taken once, also by the stack that had it', () => {
  const { make } = account();
  make(repository, 'repository', { name: 'app' });
  expect(() => make(repository, 'repository', { name: 'app' })).toThrow(
    "RepositoryAlreadyExistsException: The repository with name 'app' already exists",
  );
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

test('a generated name stays the same', () => {
  const wanted = { type: 'aws:iam/role:Role', urn: 'urn:pulumi:dev::p::aws:iam/role:Role::role', inputs: {} };
  const first = named(wanted, {});
  expect(first.name).toMatch(/^role-[0-9a-f]{7}$/);
  expect(named(wanted, first)).toEqual(first);
});
