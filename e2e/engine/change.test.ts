import { expect, test } from 'vitest';
import { changedLayers } from './changes.ts';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

scenarios(
  'a value of network that changes',
  (rehearsal) => {
    const inputsOf = (name: string) => {
      const found = rehearsal()
        .account()
        .filter(({ urn }) => urn.endsWith(`::${name}`));
      expect(found, name).toHaveLength(1);
      return found[0]?.inputs as {
        vpcConfig: { subnetIds: string[] };
        subnetIds: string[];
        subnets: string[];
      };
    };

    test('reaches the layers that use it, and no other: a third zone, for nodes and load balancer', async () => {
      const cluster = 'envoy_poc_eks_cluster-eksCluster';
      const before = inputsOf(cluster).vpcConfig.subnetIds;
      rehearsal().configure('network', { zoneCount: 3 });
      await ok(rehearsal().nx('run-many', '-t', 'deploy'));
      expect(changedLayers(rehearsal(), 'deploy')).toEqual(['cluster', 'network', 'workloads']);
      expect(inputsOf(cluster).vpcConfig.subnetIds).toEqual(before);
      expect(before).toHaveLength(4);
      expect(inputsOf('envoy_poc_node_group').subnetIds).toHaveLength(3);
    });

    test('a range of the load balancer goes, and another order of the rest is nothing', async () => {
      const rules = () =>
        rehearsal()
          .account()
          .filter(({ urn }) => urn.includes(':SecurityGroupIngressRule::envoy_poc_alb_ingress_'))
          .map(({ id, inputs }) => `${id} ${inputs.cidrIpv4}`);
      const deploy = async (...albIngressCidrs: string[]) => {
        rehearsal().configure('network', { albIngressCidrs });
        await ok(rehearsal().inLayer('network', 'envoy-poc', 'deploy'));
        return rules();
      };
      const [a, b, c] = ['198.51.100.0/24', '203.0.113.0/24', '192.0.2.0/24'];
      const three = await deploy(a, b, c);
      expect(three).toHaveLength(3);
      const two = await deploy(c, b);
      expect(two.sort()).toEqual(three.filter((rule) => !rule.endsWith(a)).sort());
    });
  },
  deployed,
);

scenarios(
  'drift',
  (rehearsal) => {
    test('what somebody changed by hand is found, and put back as told', async () => {
      const drift = () => rehearsal().nx('run-many', '-t', 'drift');
      const named = (name: string) =>
        rehearsal()
          .account()
          .filter(({ urn }) => urn.endsWith(`::${name}`));
      await ok(drift());
      rehearsal().tamper((resources) => {
        const repository = resources.find(({ urn }) => urn.endsWith('::envoy_poc_app_ecr_repository'));
        if (repository) repository.inputs.imageTagMutability = 'MUTABLE';
        const rule = resources.findIndex(({ urn }) => urn.endsWith('::envoy_poc_alb_ingress_from_anywhere'));
        resources.splice(rule, 1);
      });
      const output = await failed(drift());
      for (const layer of ['network', 'registry']) {
        expect(output).toContain(`reality is not what the state of ${layer}, stack dev, says`);
      }
      expect(output).toMatch(/✓ cluster:drift/);
      for (const layer of ['network', 'registry']) {
        const [, command = ''] = new RegExp(`To put it back: npx (nx run ${layer}:.*?);`).exec(output) ?? [];
        await ok(rehearsal().run(command.split(' ')).ended);
      }
      expect(named('envoy_poc_alb_ingress_from_anywhere')).toHaveLength(1);
      expect(named('envoy_poc_app_ecr_repository')[0]?.inputs.imageTagMutability).toBe('IMMUTABLE');
      await ok(drift());
    });
  },
  deployed,
);
