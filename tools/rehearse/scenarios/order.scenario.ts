import { expect, test } from 'vitest';
import { failed, ok, scenarios } from './setting.ts';

scenarios('layers out of order', (rehearsal) => {
  const alone = (layer: 'network' | 'cluster' | 'platform' | 'workloads', ...words: string[]) =>
    rehearsal().inLayer(
      layer,
      'pulumi',
      ...words,
      '--stack',
      'dev',
      '--yes',
      '--skip-preview',
      '--non-interactive',
    );
  const nothingMade = () => expect(rehearsal().account()).toEqual([]);

  test('bad configuration is told plainly, all of it, and nothing is made', async () => {
    rehearsal().configure('network', { vpcCidr: '10.0.3.0/16', zoneCount: 9 });
    const output = await failed(rehearsal().nx('run', 'network:deploy'));
    expect(output).toContain(
      'network:vpcCidr = "10.0.3.0/16": does not start on its own boundary; try 10.0.0.0/16',
    );
    expect(output).toContain('network:zoneCount = 9: at most 3');
    rehearsal().configure('network', { vpcCidr: '172.245.0.0/16', zoneCount: 2 });
    nothingMade();
  });

  test('a layer before those it reads says what to deploy, in a preview too', async () => {
    const output = await failed(rehearsal().inLayer('cluster', 'stack', 'preview'));
    expect(output).toContain('npx nx run network:deploy --stack dev');
    nothingMade();
  });

  test('what was pulled from under a layer cannot be deleted, and then again in order', async () => {
    await ok(rehearsal().nx('run-many', '-t', 'deploy'));
    // Past the guard of `stack destroy`: what AWS itself says.
    expect(await failed(alone('network', 'destroy'))).toContain('DependencyViolation');

    // Without its controller, an Ingress never goes.
    await ok(alone('platform', 'destroy'));
    expect(await failed(alone('workloads', 'destroy'))).toContain('no controller removes it');
    await ok(rehearsal().nx('run', 'platform:deploy'));
    await ok(rehearsal().nx('run-many', '-t', 'destroy'));
    nothingMade();
  });
});
