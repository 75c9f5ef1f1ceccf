import { expect, test } from 'vitest';
import { NODE_GROUP } from './charges.ts';
import { findSavings } from './savings.ts';
import { design, settingsWith, today } from './testing.ts';

const found = (config: Record<string, unknown> = {}, day = today, region = 'us-east-1') =>
  findSavings(settingsWith(config), region, day);
const settingsOf = (...args: Parameters<typeof found>) =>
  Object.fromEntries(found(...args).savings.map(({ id, settings }) => [id, settings]));

test('of the defaults: a version in standard support, one NAT gateway, a cheaper type', () => {
  expect(settingsOf()).toEqual({
    kubernetes: { version: '1.35', kubeProxyVersion: 'v1.35.0-eksbuild.2' },
    'nat-gateway': { singleNatGateway: true },
    'node-type': { instanceType: 't3a.medium' },
  });
});

test('what is done already is not proposed again', () => {
  const done = {
    'cluster:version': '1.35',
    'cluster:kubeProxyVersion': 'v1.35.0-eksbuild.2',
    'cluster:instanceType': 't3a.medium',
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
    instanceType: 't3a.large',
  });
  // 8 pods a node are too few, so t3a.small is none for t3.small.
  const small = { 'cluster:instanceType': 't3.small', 'cluster:minNodes': 3, 'cluster:desiredNodes': 3 };
  expect(settingsOf(small)).not.toHaveProperty('node-type');
  expect(settingsOf({ 'cluster:podsPerNode': 17 })).toHaveProperty('node-type', {
    instanceType: 't3a.medium',
    podsPerNode: 0,
  });
});

test('Graviton is shown as it would be, and that the layer does not take it; spot likewise', () => {
  const graviton = found().impossible.find(({ title }) => /Graviton/.test(title));
  expect(graviton?.because).toMatch(/amiType takes only AL2023_x86_64_STANDARD/);
  const group = graviton?.instead?.(design()).find(({ type }) => type === NODE_GROUP);
  expect(group?.inputs).toMatchObject({ instanceTypes: ['t4g.medium'], scalingConfig: { desiredSize: 2 } });
  expect(found().impossible.at(-1)?.title).toBe('spot nodes');
});
