import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

scenarios(
  'a value of network that changes',
  (rehearsal) => {
    test('a third zone is made, and EKS refuses it: a cluster stays in the zones it was made in', async () => {
      rehearsal().configure('network', { zoneCount: 3 });
      // Not `failed`: where a component of EKS is cut off, its own stack trace may be printed.
      const { code, output } = await rehearsal().nx('run-many', '-t', 'deploy');
      expect(code).toBeGreaterThan(0);
      expect(output).toContain(
        "should belong to the exact set of AZs 'us-east-1a,us-east-1b' in which subnets were provided during cluster creation",
      );
      expect(rehearsal().record('network', 'deploy')?.ok).toBe(true);
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
