import { expect, test } from 'vitest';
import { failed, ok, scenarios } from './setting.ts';

scenarios('a deploy that is killed', (rehearsal) => {
  test('leaves a lock, and perhaps a resource that nobody knows of; the documented steps recover', async () => {
    rehearsal().faults({
      on: 'create',
      name: 'envoy_poc_app_ecr_repository',
      kind: 'slow',
      times: 1,
      seconds: 60,
    });
    const deploy = rehearsal().run(['nx', 'run', 'registry:deploy']);
    await expect.poll(() => rehearsal().account().length, { timeout: 60_000 }).toBeGreaterThan(1);
    rehearsal().kill();
    expect((await deploy.ended).code).not.toBe(0);

    const before = rehearsal().account();
    const refused = await failed(rehearsal().nx('run', 'registry:deploy'));
    expect(refused).toContain('was cut off while it made envoy_poc_app_ecr_repository');
    expect(rehearsal().account()).toEqual(before);

    const unlocked = ['pulumi', 'cancel', '--stack', 'dev', '--yes'];
    await ok(rehearsal().inLayer('registry', ...unlocked));
    expect(await failed(rehearsal().nx('run', 'registry:refresh'))).toContain('was cut off while it made');
    const [, list = ''] = /while it made (.*), and nobody knows/.exec(refused) ?? [];
    for (const name of list.split(' and ').map((item) => item.split(' ')[0])) {
      rehearsal().tamper((resources) => {
        const made = resources.findIndex(({ urn }) => urn.endsWith(`::${name}`));
        if (made >= 0) resources.splice(made, 1);
      });
    }
    await ok(rehearsal().nx('run', 'registry:refresh', '--clear-pending-creates'));

    await ok(rehearsal().nx('run', 'registry:deploy'));
    const repositories = rehearsal()
      .account()
      .map(({ id }) => id)
      .filter((id) => id.startsWith('cfndev'));
    expect(repositories.sort()).toEqual(['cfndev-envoy-proxy-poc-app', 'cfndev-envoy-proxy-poc-client']);
    await ok(rehearsal().nx('run', 'registry:destroy'));
    expect(rehearsal().account()).toEqual([]);
  });

  test('locks its stack until somebody takes the lock away', async () => {
    rehearsal().faults({ on: 'delete', name: 'envoy_poc_vpc', kind: 'slow', times: 1, seconds: 60 });
    await ok(rehearsal().nx('run', 'network:deploy'));
    const destroy = rehearsal().run(['nx', 'run', 'network:destroy']);
    await expect.poll(() => rehearsal().account().length, { timeout: 60_000 }).toBe(1);
    rehearsal().kill();
    await destroy.ended;

    const locked = await failed(rehearsal().nx('run', 'network:destroy'));
    expect(locked).toContain('cd projects/network && pulumi cancel --stack dev');
    await ok(rehearsal().inLayer('network', 'pulumi', 'cancel', '--stack', 'dev', '--yes'));
    await ok(rehearsal().nx('run', 'network:destroy'));
    expect(rehearsal().account()).toEqual([]);
  });
});
