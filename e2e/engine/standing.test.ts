import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

scenarios(
  'a change of what other layers stand on',
  (rehearsal) => {
    const all =
      /cluster \(\d+ resources\), platform \(\d+ resources\) and workloads \(\d+ resources\) stand on/;
    const above = /platform \(\d+ resources\) and workloads \(\d+ resources\) stand on/;
    const images = /workloads \(\d+ resources\) stands on/;

    test.each([
      ['network', { vpcCidr: '10.64.0.0/16' }, all, 'vpcCidr "172.245.0.0/16" to "10.64.0.0/16"'],
      ['network', { zones: ['us-east-1b', 'us-east-1c'] }, all, 'controlPlaneZones'],
      ['cluster', { name: 'renamed' }, above, 'name "envoy-poc" to "renamed"'],
      [
        'registry',
        { repositoryPrefix: 'renamed' },
        images,
        'envoy_poc_app_ecr_repository would be deleted or made anew',
      ],
    ] as const)(
      '%s with %j is refused in preview and deploy, and nothing is touched',
      async (layer, config, who, what) => {
        const before = [rehearsal().account(), rehearsal().journal().length];
        rehearsal().configure(layer, config);
        for (const verb of ['preview', 'deploy']) {
          const output = await failed(rehearsal().inLayer(layer, 'envoy-poc', verb));
          expect(output).toMatch(who);
          expect(output).toContain(what);
          expect(output).toContain(`npx nx run ${layer}:destroy --stack dev destroys `);
        }
        expect([rehearsal().account(), rehearsal().journal().length]).toEqual(before);
        rehearsal().configure(layer, Object.fromEntries(Object.keys(config).map((key) => [key, undefined])));
      },
    );

    test('what nobody stands on may change, and takes its preview along', async () => {
      rehearsal().configure('network', { flowLogs: true, singleNatGateway: true });
      await ok(rehearsal().inLayer('network', 'envoy-poc', 'deploy'));
      expect(rehearsal().record('network', 'deploy')?.changes).toMatchObject({ deleted: 2 });
    });

    test('in the order that the refusal names, the change works', async () => {
      rehearsal().configure('network', { vpcCidr: '10.64.0.0/16' });
      const refused = await failed(rehearsal().inLayer('network', 'envoy-poc', 'deploy'));
      const [, destroy = '', deploy = ''] =
        /npx (nx run network:destroy --stack dev) destroys .*, and npx (nx run-many .* dev) deploys/.exec(
          refused,
        ) ?? [];
      await ok(rehearsal().run([...destroy.split(' '), '--yes']).ended);
      expect(
        rehearsal()
          .account()
          .filter(({ urn }) => !urn.includes('::registry::')),
      ).toEqual([]);
      await ok(rehearsal().run(deploy.split(' ')).ended);
      expect(
        rehearsal()
          .account()
          .find(({ type }) => type.endsWith(':Vpc'))?.inputs.cidrBlock,
      ).toBe('10.64.0.0/16');
    });
  },
  deployed,
);
