import { expect, test } from 'vitest';
import { failed, firstStack, ok, scenarios } from './setting.ts';

const repository = 'envoy_poc_app_ecr_repository';
const { repositoryPrefix } = firstStack;

scenarios('an account with bad days', (rehearsal) => {
  const deploy = () => rehearsal().nx('run', 'registry:deploy');
  const known = () => rehearsal().account().length;

  test('a throttled call is tried again; one that stays throttled is told', async () => {
    rehearsal().faults({ on: 'create', name: repository, kind: 'throttle', times: 100 });
    expect(await failed(deploy())).toContain(`failed: ${repository}: ThrottlingException: Rate exceeded`);
    rehearsal().faults({ on: 'create', name: repository, kind: 'throttle', times: 2 });
    expect(await ok(deploy())).toContain('throttled, tries again (2 of 3)');
  });

  test('something slow says how far it is', async () => {
    await ok(rehearsal().nx('run', 'registry:destroy', '--yes'));
    expect(known()).toBe(0);
    rehearsal().faults({ on: 'create', name: repository, kind: 'slow', times: 1, seconds: 4 });
    expect(await ok(deploy())).toMatch(/still at it, \d s to go/);
  });

  test('an answer that never came leaves something that Pulumi does not know; the next run names it', async () => {
    await ok(rehearsal().nx('run', 'registry:destroy', '--yes'));
    rehearsal().faults({ on: 'create', name: repository, kind: 'lost', times: 1 });
    expect(await failed(deploy())).toContain('connection reset by peer');
    expect(await failed(deploy())).toContain(
      `RepositoryAlreadyExistsException: The repository with name '${repositoryPrefix}-app'`,
    );
    rehearsal().tamper((resources) => {
      resources.splice(
        resources.findIndex(({ urn }) => urn.endsWith(`::${repository}`)),
        1,
      );
    });
    await ok(deploy());
  });

  test('what AWS does not allow is told with the name of the resource', async () => {
    await ok(rehearsal().nx('run', 'registry:destroy', '--yes'));
    rehearsal().faults({ on: 'create', name: repository, kind: 'deny', times: 1 });
    expect(await failed(deploy())).toContain(`failed: ${repository}: AccessDenied`);
    await ok(deploy());
    await ok(rehearsal().nx('run', 'registry:destroy', '--yes'));
    expect(known()).toBe(0);
  });
});
