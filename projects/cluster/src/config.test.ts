import { engineConfig, projectFileOf } from '@envoy-poc/layers';
import { podsPerNode } from '@envoy-poc/layers/cluster';
import { readLayerConfig } from '@envoy-poc/layers/pulumi';
import * as pulumi from '@pulumi/pulumi';
import { beforeAll, expect, test } from 'vitest';
import { warningsOf } from './warnings.ts';

const project = projectFileOf(`${import.meta.dirname}/..`);

beforeAll(() =>
  pulumi.runtime.setMocks(
    { newResource: ({ inputs }) => ({ id: '', state: inputs }), call: () => ({}) },
    'cluster',
    'dev',
  ),
);

function read(replace: Record<string, unknown> = {}) {
  pulumi.runtime.setAllConfig(engineConfig(project, replace));
  return readLayerConfig('cluster');
}

test("the defaults are the design's", () => {
  expect(read()).toMatchObject({
    name: 'envoy-poc',
    version: '1.33',
    amiType: 'AL2023_x86_64_STANDARD',
    instanceType: 't3.medium',
    podsPerNode: 17,
    desiredNodes: 2,
    minNodes: 2,
    maxNodes: 4,
  });
});

test.each([
  [{ amiType: 'AL2_x86_64' }, 'cluster:amiType = "AL2_x86_64": AL2 images end at Kubernetes 1.32'],
  [
    { amiType: 'AL2_x86_64', version: '1.34', kubeProxyVersion: 'v1.34.3-eksbuild.5' },
    'use AL2023_x86_64_STANDARD',
  ],
  [
    { amiType: 'windows' },
    'cluster:amiType = "windows": AL2023_x86_64_STANDARD, AL2023_ARM_64_STANDARD, AL2_x86_64, AL2_ARM_64: one of these',
  ],
  [
    { instanceType: 't4g.medium' },
    'cluster:amiType = "AL2023_x86_64_STANDARD": is an image for x86_64, and t4g.medium has arm64 processors; use AL2023_ARM_64_STANDARD',
  ],
  [
    { amiType: 'AL2023_ARM_64_STANDARD' },
    'cluster:amiType = "AL2023_ARM_64_STANDARD": is an image for arm64, and t3.medium has x86_64 processors; use AL2023_x86_64_STANDARD',
  ],
  [
    { instanceType: 't4g.medium', amiType: 'AL2_ARM_64' },
    'AL2 images end at Kubernetes 1.32, and cluster:version is 1.33; use AL2023_ARM_64_STANDARD',
  ],
  [
    {
      adminPrincipalArns: ['arn:aws:iam::123456789012:role/AWSReservedSSO_Admin_0123456789abcdef'],
    },
    'lacks the path that roles of IAM Identity Center have: role/aws-reserved/sso.amazonaws.com/<region, unless us-east-1>/AWSReservedSSO_Admin_0123456789abcdef',
  ],
  [
    {
      adminPrincipalArns: [
        'arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/me@example.com',
      ],
    },
    'aws iam get-role --role-name AWSReservedSSO_Admin_0123456789abcdef --query Role.Arn',
  ],
  [
    { adminPrincipalArns: ['arn:aws:iam::123456789012:role/a-b', 'arn:aws:iam::123456789012:role/a_b'] },
    'cluster:adminPrincipalArns.1 = "arn:aws:iam::123456789012:role/a_b": would have the same name here as arn:aws:iam::123456789012:role/a-b',
  ],
  [
    { version: '1.34' },
    'cluster:kubeProxyVersion = "v1.33.8-eksbuild.4": belongs to another Kubernetes version',
  ],
  [{ version: '33' }, 'a Kubernetes minor version such as 1.33'],
  [
    { minNodes: 1 },
    'cluster:minNodes = 1: 1 x t3.medium hold 17 pods, and 26 are planned (23, and 3 on each node); use 2 nodes',
  ],
  [
    { plannedPods: 40 },
    '2 x t3.medium hold 34 pods, and 46 are planned (40, and 3 on each node); use 3 nodes',
  ],
  [{ podsPerNode: 3 }, 'use a larger instance type'],
  [{ instanceType: 'x9.huge' }, 'cluster:instanceType = "x9.huge": how many pods it holds is not known here'],
  [
    { desiredNodes: 5 },
    'cluster:desiredNodes = 5: must lie between cluster:minNodes, which is 2, and cluster:maxNodes',
  ],
  [
    { adminPrincipalArns: ['arn:aws:sts::123456789012:assumed-role/Admin/me'] },
    'is a session of a role; give the role itself, such as arn:aws:iam::123456789012:role/Admin',
  ],
  [{ adminPrincipalArns: ['me'] }, 'cluster:adminPrincipalArns.0 = "me": the ARN of an IAM role or user'],
  [
    { adminPrincipalArns: ['arn:aws:iam::123456789012:user/me', 'arn:aws:iam::123456789012:user/me'] },
    'names a principal twice',
  ],
  [{ logRetentionDays: 31 }, 'cluster:logRetentionDays = 31: one of 1, 3, 5'],
  [{ coreDnsVersion: 'latest' }, 'cluster:coreDnsVersion = "latest": an add-on version'],
])('%j is refused, with the reason', (replace, message) => {
  expect(() => read(replace)).toThrow(message);
});

test('AL2 is accepted where it exists, and faults come together', () => {
  const al2 = { amiType: 'AL2_x86_64', version: '1.32', kubeProxyVersion: 'v1.32.6-eksbuild.8' };
  expect(read(al2).amiType).toBe('AL2_x86_64');
  expect(() => read({ amiType: 'AL2_x86_64', minNodes: 1 })).toThrow(/amiType[\s\S]*minNodes/);
});

test('a node holds as many pods as AWS says', () => {
  expect(podsPerNode['t3.medium']).toBe(17);
  expect(read({ instanceType: 'x9.huge', podsPerNode: 20 }).podsPerNode).toBe(20);
  const graviton = { instanceType: 't4g.medium', amiType: 'AL2023_ARM_64_STANDARD' };
  expect(read(graviton)).toMatchObject({ ...graviton, podsPerNode: 17 });
});

test('a version past standard support is warned of with its date and price; one before it, with the date', () => {
  const config = read({ adminPrincipalArns: ['arn:aws:iam::123456789012:role/admin'] });
  expect(warningsOf(config, new Date('2026-07-30'))).toEqual([
    expect.stringContaining(
      '1.33 left standard support on 2026-07-29: the cluster costs 0.60 instead of 0.10 $/h',
    ),
  ]);
  expect(warningsOf(config, new Date('2026-07-29'))).toEqual([
    expect.stringContaining('1.33 leaves standard support on 2026-07-29'),
  ]);
  const unknown = read({
    version: '1.40',
    kubeProxyVersion: 'v1.40.1-eksbuild.1',
    adminPrincipalArns: ['arn:aws:iam::123456789012:role/a'],
  });
  expect(warningsOf(unknown, new Date('2026-07-30'))).toEqual([]);
});

test('a cluster that only its creator can use is warned of', () => {
  expect(warningsOf(read(), new Date('2026-01-01')).join()).toContain(
    'cluster:adminPrincipalArns is empty: only the principal that creates the cluster can use it. Add the role of ' +
      'the CLI profile avive-cfndev-k8s',
  );
});
