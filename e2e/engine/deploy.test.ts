import { givenKeys } from '@envoy-poc/doubles/identity';
import { appNames } from '@envoy-poc/layers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changedLayers } from './changes.ts';
import { claimDeployment, type Deployment } from './deployed.ts';
import { failed, json, ok, scenarios } from './setting.ts';

scenarios('a first deploy', (rehearsal) => {
  const deploy = (...words: string[]) => rehearsal().nx('run-many', '-t', 'deploy', ...words);
  const named = (name: string) =>
    rehearsal()
      .account()
      .filter(({ urn }) => urn.endsWith(`::${name}`));

  let deployment: Deployment | undefined;
  beforeAll(() => {
    deployment = claimDeployment();
  });
  afterAll(() => deployment?.release());

  test('a layer that fails half-way holds back what needs it, and nothing else', async () => {
    rehearsal().faults({ on: 'create', name: 'envoy_poc_node_group', kind: 'half', times: 1 });
    const output = await failed(deploy());
    expect(output).toMatch(/✗ cluster:deploy .* failed: envoy_poc_node_group: .* half-way/);
    for (const app of appNames) expect(output).toContain(`✓ ${app}:push`);
    for (const layer of ['platform', 'workloads']) {
      expect(output).toContain(`- ${layer}:deploy`);
      expect(output).toContain('skipped, because cluster failed');
    }
    expect(named('envoy_poc_coredns_addon')).toEqual([]);
  });

  test('fixed, the next run finishes', async () => {
    await ok(deploy());
    expect(rehearsal().record('network', 'deploy')?.changes).toEqual({ unchanged: expect.any(Number) });
    expect(named('envoy_poc_node_group')).toHaveLength(1);
    expect(named('envoy_poc_coredns_addon')).toHaveLength(1);
    const { loadBalancerHostname, images } = (await json(
      rehearsal().inLayer('workloads', 'envoy-poc', 'outputs'),
    )) as { loadBalancerHostname: string; images: { server: string } };
    expect(loadBalancerHostname).toMatch(/\.elb\.amazonaws\.com$/);
    expect(images.server).toMatch(/-app@sha256:/);
    deployment?.publish(rehearsal());
  });

  test('all of it with what aws sso login leaves, and no key in the environment', () => {
    expect(rehearsal().signers()).toEqual([givenKeys.GetRoleCredentials]);
  });

  test('a second deploy changes nothing', async () => {
    const before = rehearsal().account();
    await ok(deploy('--expect-no-changes'));
    expect(changedLayers(rehearsal(), 'deploy')).toEqual([]);
    expect(rehearsal().account()).toEqual(before);
  });

  test('and says so when it would have', async () => {
    rehearsal().configure('registry', { keepImages: 3 });
    const output = await failed(rehearsal().nx('run', 'registry:deploy', '--expect-no-changes'));
    expect(output).toContain('no changes were expected');
  });

  test('every AWS resource is made by the provider that tags it, and the log group before the cluster', async () => {
    const { deployment } = (await json(rehearsal().inLayer('cluster', 'pulumi', 'stack', 'export'))) as {
      deployment: { resources: { type: string; urn: string; provider?: string; dependencies?: string[] }[] };
    };
    const made = deployment.resources.filter(({ type }) => type.startsWith('aws:'));
    expect(made.length).toBeGreaterThan(10);
    for (const { urn, provider } of made) expect(provider, urn).toContain('::envoy_poc_aws::');
    const cluster = deployment.resources.find(({ type }) => type === 'eks:index:Cluster');
    expect(cluster?.dependencies?.join()).toContain('::envoy_poc_eks_log_group');
  });
});
