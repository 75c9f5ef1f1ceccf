import { layers } from '@envoy-poc/contracts/schemas';
import { expect, test } from 'vitest';
import { failed, ok, scenarios } from './setting.ts';

scenarios('the life of a stack, and of one beside it', (rehearsal) => {
  const everything = (verb: string, ...words: string[]) => rehearsal().nx('run-many', '-t', verb, ...words);
  const changes = (verb: string) =>
    Object.fromEntries(layers.map((layer) => [layer, rehearsal().record(layer, verb)?.changes]));
  /** What each layer did, apart from what stayed as it was. */
  const changed = (verb: string) =>
    Object.entries(changes(verb)).flatMap(([layer, all = {}]) =>
      Object.keys(all).some((what) => what !== 'unchanged') ? [layer] : [],
    );
  const named = (name: string) =>
    rehearsal()
      .account()
      .filter(({ urn }) => urn.endsWith(`::${name}`));
  const ofStack = (stack: string) =>
    rehearsal()
      .account()
      .filter(({ urn }) => urn.includes(`:${stack}::`));

  test('a layer that fails half-way holds back what needs it, and nothing else', async () => {
    rehearsal().faults({ on: 'create', name: 'envoy_poc_node_group', kind: 'half', times: 1 });
    const output = await failed(everything('deploy'));
    expect(output).toMatch(/✗ cluster:deploy .* failed: envoy_poc_node_group: .* half-way/);
    expect(output).toMatch(/✓ ws-client:push/);
    for (const layer of ['platform', 'workloads']) {
      expect(output).toContain(`- ${layer}:deploy`);
      expect(output).toContain('skipped, because cluster failed');
    }
    expect(named('envoy_poc_coredns_addon')).toEqual([]);
  });

  test('fixed, the next run finishes', async () => {
    await ok(everything('deploy'));
    expect(changes('deploy').network).toEqual({ unchanged: expect.any(Number) });
    expect(named('envoy_poc_node_group')).toHaveLength(1);
    expect(named('envoy_poc_coredns_addon')).toHaveLength(1);
    const { loadBalancerHostname, images } = JSON.parse(
      await ok(rehearsal().inLayer('workloads', 'stack', 'outputs')),
    ) as { loadBalancerHostname: string; images: { server: string } };
    expect(loadBalancerHostname).toMatch(/\.elb\.amazonaws\.com$/);
    expect(images.server).toMatch(/-app@sha256:/);
  });

  test('a second deploy changes nothing', async () => {
    const before = rehearsal().account();
    await ok(everything('deploy'));
    expect(changed('deploy')).toEqual([]);
    expect(rehearsal().account()).toEqual(before);
  });

  test('every AWS resource is made by the provider that tags it, and the log group before the cluster', async () => {
    const { deployment } = JSON.parse(
      await ok(rehearsal().inLayer('cluster', 'pulumi', 'stack', 'export')),
    ) as {
      deployment: { resources: { type: string; urn: string; provider?: string; dependencies?: string[] }[] };
    };
    const made = deployment.resources.filter(({ type }) => type.startsWith('aws:'));
    expect(made.length).toBeGreaterThan(10);
    for (const { urn, provider } of made) expect(provider, urn).toContain('::envoy_poc_aws::');
    const cluster = deployment.resources.find(({ type }) => type === 'eks:index:Cluster');
    expect(cluster?.dependencies?.join()).toContain('::envoy_poc_eks_log_group');
  });

  test('another zone in network reaches the layers that use subnets, and no other', async () => {
    rehearsal().configure('network', { zoneCount: 3 });
    await ok(everything('deploy'));
    expect(changed('deploy').sort()).toEqual(['cluster', 'network', 'workloads']);
  });

  test('what somebody changed by hand is found, and put back as told', async () => {
    await ok(everything('drift'));
    rehearsal().tamper((resources) => {
      const repository = resources.find(({ urn }) => urn.endsWith('::envoy_poc_app_ecr_repository'));
      if (repository) repository.inputs.imageTagMutability = 'MUTABLE';
      const rule = resources.findIndex(({ urn }) => urn.endsWith('::envoy_poc_alb_ingress_from_internet'));
      resources.splice(rule, 1);
    });
    const output = await failed(everything('drift'));
    for (const layer of ['network', 'registry']) {
      expect(output).toContain(`reality is not what the state of ${layer}, stack dev, says`);
    }
    expect(output).toMatch(/✓ cluster:drift/);
    for (const layer of ['network', 'registry']) {
      const [, command = ''] = new RegExp(`To put it back: npx (nx run ${layer}:.*?);`).exec(output) ?? [];
      await ok(rehearsal().run(command.split(' ')).ended);
    }
    expect(named('envoy_poc_alb_ingress_from_internet')).toHaveLength(1);
    expect(named('envoy_poc_app_ecr_repository')[0]?.inputs.imageTagMutability).toBe('IMMUTABLE');
    await ok(everything('drift'));
  });

  test('another stack lives beside it in the same account', async () => {
    rehearsal().configure('cluster', { name: 'envoy-poc-staging' }, 'staging');
    rehearsal().configure('registry', { repositoryPrefix: 'staging' }, 'staging');
    for (const layer of ['network', 'platform', 'workloads'] as const) {
      rehearsal().configure(layer, {}, 'staging');
    }
    const before = ofStack('dev');
    await ok(everything('deploy', '--stack', 'staging'));
    expect(ofStack('staging').length).toBeGreaterThan(80);
    expect(ofStack('dev')).toEqual(before);
  });

  test('destroying a layer that others need is refused in a sentence, and nothing is touched', async () => {
    const before = rehearsal().account();
    const output = await failed(rehearsal().inLayer('network', 'stack', 'destroy'));
    expect(output).toMatch(
      /network, stack dev, is still needed by cluster \(\d+ resources\) and platform \(\d+ resources\) and workloads/,
    );
    expect(rehearsal().account()).toEqual(before);
  });

  test('destroyed in reverse, each stack leaves nothing of itself and all of the other', async () => {
    const staging = ofStack('staging');
    await ok(everything('destroy'));
    expect(rehearsal().account()).toEqual(staging);
    await ok(everything('destroy', '--stack', 'staging'));
    expect(rehearsal().account()).toEqual([]);
  });
});
