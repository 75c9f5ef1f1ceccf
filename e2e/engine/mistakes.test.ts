import { afterEach, expect, test } from 'vitest';
import { failed, scenarios } from './setting.ts';

scenarios('a mistake is told before anything is made', (rehearsal) => {
  afterEach(() => {
    expect(rehearsal().account()).toEqual([]);
    expect(rehearsal().journal()).toEqual([]);
  });

  test('bad configuration, all of it', async () => {
    rehearsal().configure('network', { vpcCidr: '10.0.3.0/16', zoneCount: 9 });
    const output = await failed(rehearsal().nx('run', 'network:deploy'));
    expect(output).toContain(
      'network:vpcCidr = "10.0.3.0/16": does not start on its own boundary; try 10.0.0.0/16',
    );
    expect(output).toContain('network:zoneCount = 9: at most 3');
  });

  test('a layer before those it reads: what to deploy, in a preview too', async () => {
    for (const verb of ['preview', 'deploy']) {
      const output = await failed(rehearsal().inLayer('cluster', 'envoy-poc', verb));
      expect(output).toContain('npx nx run network:deploy --stack dev');
    }
  });

  test('a mistyped option, of a deploy and of a push', async () => {
    expect(await failed(rehearsal().nx('run', 'registry:deploy', '--expect-no-chnages'))).toContain(
      '--expect-no-chnages is no option',
    );
    const words = ['--repository', '123456789012.dkr.ecr.us-east-1.amazonaws.com/app', '--endpiont', 'x'];
    expect(await failed(rehearsal().nx('run', 'ws-server:push', ...words))).toMatch(
      /--endpiont\S* is no option of a push/,
    );
  });
});
