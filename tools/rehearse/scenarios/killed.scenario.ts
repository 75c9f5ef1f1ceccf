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

    const locked = await failed(rehearsal().nx('run', 'registry:deploy'));
    console.log(locked);
    expect(locked).toContain('cd projects/registry && pulumi cancel --stack dev');

    console.log(await ok(rehearsal().inLayer('registry', 'pulumi', 'cancel', '--stack', 'dev', '--yes')));
    console.log(await rehearsal().nx('run', 'registry:refresh'));
    console.log(await rehearsal().nx('run', 'registry:deploy'));
    console.log(rehearsal().account());
  });
});
