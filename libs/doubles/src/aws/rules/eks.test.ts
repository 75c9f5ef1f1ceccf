import { expect, test } from 'vitest';
import { clusterIn, types } from '../testing/account.ts';

test('a cluster needs two zones', () => {
  expect(() => clusterIn(['a', 'a'])).toThrow('at least two different AZs');
  expect(() => clusterIn(['a', 'b'])).not.toThrow();
});

test('a cluster stays in the zones it was made in; its subnets may change', () => {
  const { cluster, change, subnet, subnetIds } = clusterIn(['a', 'b']);
  const moveTo = (ids: string[]) => () => change(cluster, { vpcConfig: { subnetIds: ids } });
  expect(moveTo([...subnetIds, subnet('c', 5)])).toThrow(
    "belong to the AZs 'a,b,c'. But they should belong to the exact set of AZs 'a,b' in which subnets were provided during cluster creation",
  );
  expect(moveTo([...subnetIds, subnet('a', 6)])).not.toThrow();
});

test('Kubernetes goes up one minor version at a time, and never down', () => {
  const { cluster, change } = clusterIn(['a', 'b']);
  const to = (version: string) => () => change(cluster, { version });
  expect(to('1.35')).toThrow('Unsupported Kubernetes minor version update from 1.33 to 1.35');
  expect(to('1.32')).toThrow('Unsupported Kubernetes minor version update from 1.33 to 1.32');
  expect(to('1.34')).not.toThrow();
  expect(to('1.33')).toThrow('Unsupported Kubernetes minor version update from 1.34 to 1.33');
});

test('nodes are no newer than their cluster, and do not go back', () => {
  const { nodes, cluster, change } = clusterIn(['a', 'b']);
  expect(() => nodes({ version: '1.34' })).toThrow("version 1.34 is newer than the cluster's, 1.33");
  const group = nodes();
  change(cluster, { version: '1.34' });
  change(group, { version: '1.34' });
  expect(() => change(group, { version: '1.33' })).toThrow('cannot be rolled back from 1.34 to 1.33');
});

test('a cluster goes up when its nodes are where it is', () => {
  const { nodes, cluster, change } = clusterIn(['a', 'b']);
  const group = nodes({ nodeGroupName: 'nodes-1' });
  change(cluster, { version: '1.34' });
  const up = () => change(cluster, { version: '1.35' });
  expect(up).toThrow(
    'Nodegroups nodes-1 must be updated to match cluster version 1.34 before updating cluster version',
  );
  change(group, { version: '1.34' });
  expect(up).not.toThrow();
});

test.each([
  ['t4g.medium', 'AL2023_x86_64_STANDARD'],
  ['m6g.large', 'AL2023_x86_64_STANDARD'],
  ['c7gn.large', 'BOTTLEROCKET_x86_64'],
  ['a1.large', 'AL2023_x86_64_STANDARD'],
  ['t3.medium', 'AL2023_ARM_64_STANDARD'],
  ['g4dn.xlarge', 'AL2023_ARM_64_STANDARD'],
])('%s does not run %s', (instanceType, amiType) => {
  const { nodes } = clusterIn(['a', 'b']);
  expect(() => nodes({ instanceTypes: [instanceType], amiType })).toThrow(
    `[${instanceType}] is not a valid instance type for requested amiType ${amiType}`,
  );
});

test.each([
  ['t4g.medium', 'AL2023_ARM_64_STANDARD'],
  ['g5g.xlarge', 'BOTTLEROCKET_ARM_64'],
  ['t3.medium', 'AL2023_x86_64_STANDARD'],
  ['g4dn.xlarge', 'AL2023_x86_64_NVIDIA'],
])('%s runs %s', (instanceType, amiType) => {
  expect(() => clusterIn(['a', 'b']).nodes({ instanceTypes: [instanceType], amiType })).not.toThrow();
});

test('nodes join with the cluster security group, without a second tagged one, and on AL2023', () => {
  const { clusterSecurityGroupId: own, make, vpcId, nodes } = clusterIn(['a', 'b']);
  const group = (name: string, tags: object) => make(types.securityGroup, name, { vpcId, name, tags }).id;
  const other = group('other', {});
  const tagged = group('tagged', { 'kubernetes.io/cluster/c': 'owned' });
  expect(() => nodes({}, [other])).toThrow(`instances failed to join c: no ${own}`);
  expect(() => nodes({}, [own, tagged])).toThrow('expected exactly one security group tagged');
  expect(() => nodes({ amiType: 'AL2_x86_64' })).toThrow('AL2_x86_64 is not supported for Kubernetes 1.33');
  expect(() => nodes({}, [own, other])).not.toThrow();
});

test('the sizes of a node group are in their order', () => {
  const { nodes, change } = clusterIn(['a', 'b']);
  const sizes = (minSize: number, desiredSize: number, maxSize: number) => ({
    scalingConfig: { minSize, desiredSize, maxSize },
  });
  expect(() => nodes(sizes(3, 2, 4))).toThrow("minSize can't be greater than desiredSize");
  expect(() => nodes(sizes(2, 5, 4))).toThrow("desiredSize can't be greater than maxSize");
  const group = nodes(sizes(2, 2, 4));
  expect(() => change(group, sizes(3, 2, 4))).toThrow(
    "Minimum capacity 3 can't be greater than desired size 2",
  );
  expect(() => change(group, sizes(3, 3, 4))).not.toThrow();
});

test('what is left out is what EKS takes then', () => {
  const { nodes } = clusterIn(['a', 'b']);
  const without = { amiType: undefined, version: undefined, launchTemplate: undefined };
  expect(() => nodes({ ...without, instanceTypes: ['t4g.medium'] })).toThrow(
    '[t4g.medium] is not a valid instance type for requested amiType AL2023_x86_64_STANDARD',
  );
  expect(() => nodes({ ...without, amiType: 'AL2023_ARM_64_STANDARD' })).toThrow(
    '[t3.medium] is not a valid',
  );
  expect(() => nodes(without)).not.toThrow();
});
