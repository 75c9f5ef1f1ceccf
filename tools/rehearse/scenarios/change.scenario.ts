import { expect, test } from 'vitest';
import { changedLayers } from './changes.ts';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

scenarios(
  'a value of network that changes',
  (rehearsal) => {
    test('reaches the layers that use it, and no other: a third zone', async () => {
      rehearsal().configure('network', { zoneCount: 3 });
      await ok(rehearsal().nx('run-many', '-t', 'deploy'));
      expect(changedLayers(rehearsal(), 'deploy')).toEqual(['cluster', 'network', 'workloads']);
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
        const rule = resources.findIndex(({ urn }) => urn.endsWith('::envoy_poc_alb_ingress_from_internet'));
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
      expect(named('envoy_poc_alb_ingress_from_internet')).toHaveLength(1);
      expect(named('envoy_poc_app_ecr_repository')[0]?.inputs.imageTagMutability).toBe('IMMUTABLE');
      await ok(drift());
    });
  },
  deployed,
);
