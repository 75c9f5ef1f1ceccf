import { HIDDEN_ZONE } from '@envoy-poc/doubles/aws';
import { expect, test } from 'vitest';
import { json, ok, scenarios } from './setting.ts';

scenarios('the zones of a network', (rehearsal) => {
  const deploy = (...words: string[]) => rehearsal().inLayer('network', 'envoy-poc', 'deploy', ...words);
  const zones = () =>
    Object.fromEntries(
      rehearsal()
        .account()
        .filter(({ type }) => type.endsWith(':Subnet'))
        .map(({ urn, inputs }) => [urn.split('::').at(-1), String(inputs.availabilityZone).at(-1)]),
    );
  const show = (shown: boolean) =>
    rehearsal().tamper((resources) => {
      const [type, id] = [HIDDEN_ZONE, 'us-east-1a'];
      if (!shown) resources.push({ type, id, urn: '', inputs: {}, outputs: {} });
      else
        resources.splice(
          resources.findIndex((resource) => resource.type === type),
          1,
        );
    });

  test('stay when AWS shows one more in front, even after a first deploy that failed', async () => {
    show(false);
    rehearsal().faults({ on: 'create', name: 'envoy_poc_nat_gateway_2', kind: 'deny', times: 1 });
    expect((await deploy()).code).toBe(1);
    const chosen = {
      ...{ envoy_poc_public_subnet_1: 'b', envoy_poc_public_subnet_2: 'c' },
      ...{ envoy_poc_private_subnet_1: 'b', envoy_poc_private_subnet_2: 'c' },
    };
    expect(zones()).toEqual(chosen);
    show(true);
    await ok(deploy());
    expect(zones()).toEqual(chosen);
    await ok(deploy('--expect-no-changes'));
    rehearsal().configure('network', { zoneCount: 3 });
    await ok(deploy());
    expect(zones()).toEqual({ ...chosen, envoy_poc_public_subnet_3: 'a', envoy_poc_private_subnet_3: 'a' });
    const { controlPlaneZones } = (await json(rehearsal().inLayer('network', 'envoy-poc', 'outputs'))) as {
      controlPlaneZones: string[];
    };
    expect(controlPlaneZones).toEqual(['us-east-1b', 'us-east-1c']);
  });
});
