import {
  DescribeAddonCommand,
  DescribeAddonVersionsCommand,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  EKSClient,
  ListNodegroupsCommand,
} from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { offlineChecks, onlineChecks } from '../cli.ts';
import { contextOf, resultOf, type Situation } from '../testing/workspace.ts';

const eks = mockClient(EKSClient);
const sts = mockClient(STSClient);
const notFound = Object.assign(new Error('none'), { name: 'ResourceNotFoundException', $metadata: {} });
const installed: Record<string, string> = {
  'vpc-cni': 'v1.21.1-eksbuild.3',
  'kube-proxy': 'v1.33.8-eksbuild.4',
  coredns: 'v1.13.2-eksbuild.1',
};

/** What EKS offers: the pinned builds, and some that are newer. */
function offer(builds: Record<string, string[]>): void {
  for (const [addonName, versions] of Object.entries(builds)) {
    const addonVersions = versions.map((addonVersion, index) => ({
      addonVersion,
      compatibilities: [{ defaultVersion: index === versions.length - 1 }],
    }));
    eks.on(DescribeAddonVersionsCommand, { addonName }).resolves({ addons: [{ addonName, addonVersions }] });
  }
}

beforeEach(() => {
  eks.reset();
  sts
    .on(GetCallerIdentityCommand)
    .resolves({ Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/me' });
  eks.on(DescribeClusterCommand).rejects(notFound);
  eks.on(DescribeAddonCommand).rejects(notFound);
  eks.on(DescribeAddonVersionsCommand).resolves({ addons: [] });
  offer({
    'vpc-cni': ['v1.21.1-eksbuild.3'],
    'kube-proxy': ['v1.33.8-eksbuild.4'],
    coredns: ['v1.13.2-eksbuild.1'],
    'eks-pod-identity-agent': ['v1.3.10-eksbuild.2'],
  });
});
afterAll(() => {
  eks.restore();
  sts.restore();
});

function stands(version: string, stack = 'dev', nodes = version): void {
  eks.on(ListNodegroupsCommand).resolves({ nodegroups: ['nodes'] });
  eks.on(DescribeNodegroupCommand).resolves({ nodegroup: { version: nodes } });
  eks.on(DescribeClusterCommand).resolves({ cluster: { version, tags: { project: 'envoy-poc', stack } } });
  for (const [addonName, addonVersion] of Object.entries(installed)) {
    eks
      .on(DescribeAddonCommand, { clusterName: 'envoy-poc', addonName })
      .resolves({ addon: { addonVersion } });
  }
}

const ask = async (id: string, situation: Situation = {}) =>
  resultOf([...offlineChecks, ...onlineChecks], id, await contextOf(situation));
const version = (of: string, kubeProxy: string) => ({
  config: { 'cluster:version': of, 'cluster:kubeProxyVersion': kubeProxy },
});

test('where nothing stands any version may come', async () => {
  expect(await ask('cluster-step', version('1.35', 'v1.35.0-eksbuild.2'))).toMatchObject({
    status: 'pass',
    seen: expect.stringContaining('Kubernetes (new) 1.35'),
  });
});

test('on a cluster whose nodes an earlier step left behind, no further step passes', async () => {
  stands('1.33', 'dev', '1.32');
  expect(await ask('cluster-step', version('1.34', 'v1.34.1-eksbuild.2'))).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('nodes of it do not yet: nodes at 1.32'),
  });
});

test('on a cluster that stands: one step passes with its versions, two and none of its own fail', async () => {
  stands('1.33');
  expect(await ask('cluster-step', version('1.34', 'v1.34.1-eksbuild.2'))).toMatchObject({
    status: 'pass',
    seen: expect.stringContaining(
      'Kubernetes 1.33 → 1.34, vpc-cni v1.21.1-eksbuild.3, kube-proxy v1.33.8-eksbuild.4 →',
    ),
  });
  expect(await ask('cluster-step', version('1.35', 'v1.35.0-eksbuild.2'))).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('set 1.34 first'),
    next: expect.stringContaining('pulumi config set cluster:version'),
  });
  stands('1.33', 'staging');
  expect(await ask('cluster-step')).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('belongs to stack staging of envoy-poc'),
  });
});

test('builds that are offered pass; one that was withdrawn is named with what to take', async () => {
  expect(await ask('addon-builds')).toMatchObject({ status: 'pass' });
  offer({ coredns: ['v1.14.0-eksbuild.1', 'v1.13.2-eksbuild.4', 'v1.12.4-eksbuild.1'] });
  expect(await ask('addon-builds')).toMatchObject({
    status: 'fail',
    seen:
      'cluster:coreDnsVersion = "v1.13.2-eksbuild.1": EKS does not offer this build for Kubernetes 1.33, or no longer; ' +
      'set v1.13.2-eksbuild.4, the newest of its minor version, or v1.12.4-eksbuild.1, the default',
    next: expect.stringContaining('cluster:coreDnsVersion'),
  });
  expect(eks.commandCalls(DescribeAddonVersionsCommand)[0]?.args[0].input.kubernetesVersion).toBe('1.33');
});

test('a Kubernetes version that EKS has no add-ons for, and a question that is not allowed', async () => {
  eks.on(DescribeAddonVersionsCommand, { addonName: 'kube-proxy' }).resolves({ addons: [] });
  expect(await ask('addon-builds')).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('EKS offers no kube-proxy for Kubernetes 1.33'),
  });
  const denied = Object.assign(new Error('no'), {
    name: 'AccessDeniedException',
    $metadata: { httpStatusCode: 403 },
  });
  eks.on(DescribeClusterCommand).rejects(denied);
  expect(await ask('cluster-step')).toMatchObject({
    status: 'fail',
    seen: expect.stringContaining('eks:DescribeCluster is not allowed'),
  });
});
