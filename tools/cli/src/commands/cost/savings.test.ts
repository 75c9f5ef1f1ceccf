import { expect, test } from 'vitest';
import { findSavings } from './savings.ts';
import { settingsWith, today } from './testing.ts';

const found = (config: Record<string, unknown> = {}, day = today, region = 'us-east-1') =>
  findSavings(settingsWith(config), region, day);
const settingsOf = (...args: Parameters<typeof found>) =>
  Object.fromEntries(found(...args).savings.map(({ id, settings }) => [id, settings]));

test('of the defaults: a version in standard support, one NAT gateway, a cheaper type', () => {
  expect(settingsOf()).toEqual({
    kubernetes: { version: '1.35', kubeProxyVersion: 'v1.35.0-eksbuild.2' },
    'nat-gateway': { singleNatGateway: true },
    'node-type': { instanceType: 't4g.medium', amiType: 'AL2023_ARM_64_STANDARD' },
  });
});

test('what is done already is not proposed again', () => {
  const done = {
    'cluster:version': '1.35',
    'cluster:kubeProxyVersion': 'v1.35.0-eksbuild.2',
    'cluster:instanceType': 't4g.medium',
    'cluster:amiType': 'AL2023_ARM_64_STANDARD',
    'network:singleNatGateway': true,
  };
  expect(settingsOf(done)).toEqual({});
});

test('a version is proposed while it is in standard support, and none to a version that is', () => {
  expect(settingsOf({}, new Date('2026-07-29'))).not.toHaveProperty('kubernetes');
  expect(settingsOf({}, new Date('2026-07-30'))).toHaveProperty('kubernetes.version', '1.35');
  expect(settingsOf({}, new Date('2027-04-01'))).not.toHaveProperty('kubernetes');
});

test('fewer nodes are proposed as far as the planned pods fit, else it is said why not', () => {
  expect(found().impossible[0]).toMatchObject({
    title: 'fewer nodes than 2',
    because: expect.stringMatching(/plannedPods/),
  });
  expect(settingsOf({ 'cluster:desiredNodes': 4, 'cluster:minNodes': 3 })).toHaveProperty('nodes', {
    minNodes: 2,
    desiredNodes: 2,
  });
  expect(settingsOf({ 'cluster:plannedPods': 5 })).toHaveProperty('nodes', { minNodes: 1, desiredNodes: 1 });
});

test('a cheaper type has as many vCPUs, as much memory, and room for the pods', () => {
  expect(settingsOf({ 'cluster:instanceType': 'm7i.large' })).toHaveProperty('node-type', {
    instanceType: 't4g.large',
    amiType: 'AL2023_ARM_64_STANDARD',
  });
  // A pod too many for the 11 of each t4g.small, and for the 8 of each t3a.small.
  const small = { 'cluster:instanceType': 't3.small', 'cluster:minNodes': 3, 'cluster:desiredNodes': 3 };
  expect(settingsOf({ ...small, 'cluster:podsPerNode': 12, 'cluster:plannedPods': 27 })).not.toHaveProperty(
    'node-type',
  );
  expect(settingsOf({ 'cluster:podsPerNode': 17 })).toHaveProperty('node-type', {
    instanceType: 't4g.medium',
    amiType: 'AL2023_ARM_64_STANDARD',
    podsPerNode: 0,
  });
  // What has these processors already needs no other image.
  const graviton = { 'cluster:instanceType': 't4g.large', 'cluster:amiType': 'AL2023_ARM_64_STANDARD' };
  expect(settingsOf(graviton)).not.toHaveProperty('node-type');
});

test('Graviton is a saving like others, with what it asks of images; spot nodes are none', () => {
  const graviton = found().savings.find(({ id }) => id === 'node-type');
  expect(graviton?.title).toBe('t4g.medium nodes (Graviton) instead of t3.medium');
  expect(graviton?.but).toMatch(/every image must be for arm64 too/);
  expect(found().impossible.at(-1)?.title).toBe('spot nodes');
});
