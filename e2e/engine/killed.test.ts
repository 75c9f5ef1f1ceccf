import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, firstStack, killedAt, ok, scenarios } from './setting.ts';

const { repositoryPrefix } = firstStack;

/** Longer than any test. */
const forever = { kind: 'slow', times: 1, seconds: 3600 } as const;

scenarios('a deploy that is killed', (rehearsal) => {
  test('leaves a resource that nobody knows of; the documented steps recover', async () => {
    const repository = 'envoy_poc_app_ecr_repository';
    rehearsal().faults({ on: 'create', name: repository, ...forever });
    const deploy = rehearsal().run(['nx', 'run', 'registry:deploy']);
    await killedAt(rehearsal(), deploy, 'create', repository);

    const before = rehearsal().account();
    const refused = await failed(rehearsal().nx('run', 'registry:deploy'));
    expect(refused).toMatch(new RegExp(`was cut off while it made .*${repository}`));
    expect(rehearsal().account()).toEqual(before);

    const unlocked = ['pulumi', 'cancel', '--stack', 'dev', '--yes'];
    await ok(rehearsal().inLayer('registry', ...unlocked));
    expect(await failed(rehearsal().nx('run', 'registry:refresh'))).toContain('was cut off while it made');
    // What somebody does who looks in AWS for each name that the message has.
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
      .filter((id) => id.startsWith(repositoryPrefix));
    expect(repositories.sort()).toEqual([`${repositoryPrefix}-app`, `${repositoryPrefix}-client`]);
    await ok(rehearsal().nx('run', 'registry:destroy', '--yes'));
    expect(rehearsal().account()).toEqual([]);
  });
});

scenarios(
  'a destroy that is killed',
  (rehearsal) => {
    test('locks its stack until somebody takes the lock away, and then finishes', async () => {
      const ofLayer = () =>
        rehearsal()
          .account()
          .filter(({ urn }) => urn.includes(':dev::workloads::'));
      rehearsal().faults({ on: 'delete', name: 'envoy_poc_edge_ingress', ...forever });
      const destroy = rehearsal().run(['nx', 'run', 'workloads:destroy']);
      await killedAt(rehearsal(), destroy, 'delete', 'envoy_poc_edge_ingress');
      expect(ofLayer()).not.toEqual([]);

      const locked = await failed(rehearsal().nx('run', 'workloads:destroy'));
      expect(locked).toContain('cd projects/workloads && pulumi cancel --stack dev');
      await ok(rehearsal().inLayer('workloads', 'pulumi', 'cancel', '--stack', 'dev', '--yes'));
      await ok(rehearsal().nx('run', 'workloads:destroy'));
      expect(ofLayer()).toEqual([]);
    });
  },
  deployed,
);
