import { afterEach, expect, test, vi } from 'vitest';
import { clusterIn, types } from '../testing/account.ts';
import { entriesWith } from './eks-access.ts';

afterEach(() => vi.unstubAllEnvs());

const user = 'arn:aws:iam::123456789012:user/rehearsal';
const admin = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
const inUse =
  'ResourceInUseException: The specified access entry resource is already in use on this cluster.';

function access(inputs = {}) {
  const made = clusterIn(['a', 'b'], inputs);
  const entry = (principalArn: string, type?: string) =>
    made.make(types.accessEntry, 'entry', { clusterName: 'c', principalArn, ...(type && { type }) });
  const policy = (principalArn: string, policyArn = admin, accessScope: object = { type: 'cluster' }) =>
    made.make('aws:eks/accessPolicyAssociation:AccessPolicyAssociation', 'policy', {
      ...{ clusterName: 'c', principalArn, policyArn, accessScope },
    });
  return { ...made, entry, policy };
}

test('who creates a cluster has an access entry already', () => {
  const { entry } = access();
  expect(() => entry(user)).toThrow(inUse);
  expect(() => entry('arn:aws:iam::123456789012:role/people')).not.toThrow();
});

test('also a role, behind its session', () => {
  vi.stubEnv('REHEARSE_CALLER_ARN', 'arn:aws:sts::123456789012:assumed-role/ci/run-1');
  const { entry } = access();
  expect(() => entry('arn:aws:iam::123456789012:role/ci')).toThrow(inUse);
  expect(() => entry(user)).not.toThrow();
});

test('unless the cluster is made without', () => {
  const without = { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: false };
  expect(() => access({ accessConfig: without }).entry(user)).not.toThrow();
});

test('nodes have one too, which goes with them', () => {
  const { nodes, entry, resources, make } = access();
  const { outputs } = make('aws:iam/role:Role', 'nodes', { name: 'nodes' });
  const nodeRoleArn = String(outputs.arn);
  const group = nodes({ nodeRoleArn });
  expect(() => entry(nodeRoleArn)).toThrow(inUse);
  expect(entriesWith(resources, group).map(({ inputs }) => inputs.principalArn)).toEqual([nodeRoleArn]);
});

test('an entry is for a role or a user, not for a session, and needs the right mode', () => {
  expect(() => access().entry('arn:aws:sts::123456789012:assumed-role/ci/run-1')).toThrow(
    'The specified principalArn is invalid: invalid principal.',
  );
  const { entry } = access({ accessConfig: { authenticationMode: 'CONFIG_MAP' } });
  expect(() => entry(user)).toThrow(
    "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP]",
  );
});

test('a policy is for an entry that is there, of the standard type, with a scope', () => {
  const { entry, policy } = access();
  const people = 'arn:aws:iam::123456789012:role/people';
  expect(() => policy(people)).toThrow('The specified principalArn could not be found');
  entry(people);
  expect(() => policy(people, 'arn:aws:iam::aws:policy/AdministratorAccess')).toThrow(
    'The policyArn parameter format is not valid',
  );
  expect(() => policy(people, admin, { type: 'namespace' })).toThrow('accessScope {"type":"namespace"}');
  expect(() => policy(people, admin, { type: 'cluster', namespaces: ['a'] })).toThrow('accessScope');
  expect(() => policy(people)).not.toThrow();
  const nodes = 'arn:aws:iam::123456789012:role/nodes';
  entry(nodes, 'EC2_LINUX');
  expect(() => policy(nodes)).toThrow('Access Entries with a type of "STANDARD"');
});
