import { beforeAll, expect, test } from 'vitest';
import type { Resource } from '../account/account.ts';
import { takeDefaultTags } from '../provider/default-tags.ts';
import { answer } from './data-sources.ts';

const resource = (type: string, id: string, inputs: object, suffix = ''): Resource => ({
  ...{ type, id, urn: `urn:pulumi:staging::cluster::${type}::${id}${suffix}` },
  inputs: { ...inputs },
  outputs: {},
});
const entry = (principalArn: string, suffix?: string) =>
  resource('aws:eks/accessEntry:AccessEntry', principalArn, { clusterName: 'c', principalArn }, suffix);
const account = [
  resource('aws:eks/cluster:Cluster', 'c', { name: 'c', version: '1.33' }),
  resource('aws:eks/addon:Addon', 'a', { clusterName: 'c', addonName: 'coredns', addonVersion: 'v1.2.3' }),
  resource('aws:eks/nodeGroup:NodeGroup', 'g', { clusterName: 'c', nodeGroupName: 'g', version: '1.32' }),
  entry('ours'),
  entry('creator', '-made-by-eks'),
];
const ask = (what: string, inputs: object = {}) =>
  answer(`aws:eks/get${what}:get${what}`, { ...inputs }, account);
const tags = { project: 'envoy-poc', layer: 'cluster', stack: 'staging' };

beforeAll(() => takeDefaultTags({ defaultTags: JSON.stringify({ tags: { project: 'envoy-poc' } }) }));

test('clusters, and one with its version and tags', () => {
  expect(ask('Clusters').names).toEqual(['c']);
  expect(ask('Cluster', { name: 'c' })).toMatchObject({ version: '1.33', tags });
  expect(() => ask('Cluster', { name: 'd' })).toThrow("reading EKS Cluster (d): couldn't find resource");
});

test('an add-on of a cluster', () => {
  expect(ask('Addon', { clusterName: 'c', addonName: 'coredns' })).toMatchObject({ addonVersion: 'v1.2.3' });
  expect(() => ask('Addon', { clusterName: 'c', addonName: 'vpc-cni' })).toThrow("couldn't find resource");
});

test('the node groups of a cluster, and one with its version', () => {
  expect(ask('NodeGroups', { clusterName: 'c' }).names).toEqual(['g']);
  expect(ask('NodeGroups', { clusterName: 'd' }).names).toEqual([]);
  expect(ask('NodeGroup', { clusterName: 'c', nodeGroupName: 'g' }).version).toBe('1.32');
});

test('an access entry has the tags of who made it', () => {
  expect(ask('AccessEntry', { clusterName: 'c', principalArn: 'ours' }).tags).toEqual(tags);
  expect(ask('AccessEntry', { clusterName: 'c', principalArn: 'creator' }).tags).toEqual({});
  expect(() => ask('AccessEntry', { clusterName: 'c', principalArn: 'x' })).toThrow("couldn't find resource");
});
