import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, firstStack, ok, scenarios } from './setting.ts';

scenarios(
  'two stacks in one account',
  (rehearsal) => {
    const everything = (verb: string, ...words: string[]) => rehearsal().nx('run-many', '-t', verb, ...words);
    const ofStack = (stack: string) =>
      rehearsal()
        .account()
        .filter(({ urn }) => urn.includes(`:${stack}::`));

    test('another stack is deployed beside the first, which stays as it is', async () => {
      rehearsal().configure('cluster', { name: 'envoy-poc-staging' }, 'staging');
      rehearsal().configure('registry', { repositoryPrefix: 'staging' }, 'staging');
      for (const layer of ['network', 'platform', 'workloads'] as const) {
        rehearsal().configure(layer, {}, 'staging');
      }
      const before = ofStack('dev');
      expect(await ok(everything('deploy', '--stack', 'staging'))).toMatch(/✓ network:deploy .* created/);
      expect(ofStack('staging').length).toBeGreaterThan(80);
      expect(ofStack('dev')).toEqual(before);
    });

    test('what was pushed for one is not run by the other', async () => {
      const workloads = () => rehearsal().inLayer('workloads', 'envoy-poc', 'deploy', '--expect-no-changes');
      await ok(workloads());
      const file = join(rehearsal().workspace, 'dist/images/ws-server.json');
      const text = readFileSync(file, 'utf8');
      const { dev: _, ...others } = JSON.parse(text) as Record<string, object>;
      writeFileSync(file, JSON.stringify(others));
      expect(await failed(workloads())).toContain(
        'has no image of the server for stack dev, only for: staging. Push the image: npx nx run ws-server:push --stack dev',
      );
      writeFileSync(file, text);
    });

    test('a push to a named repository deploys nothing', async () => {
      const began = rehearsal().journal().length;
      const repository = '123456789012.dkr.ecr.us-east-1.amazonaws.com/staging-app';
      const words = ['--repository', repository, '--tag', 'by-hand'];
      // No stack says as whom to push to a repository that is named.
      const push = ['env', `AWS_PROFILE=${firstStack.profile}`, 'nx', 'run', 'ws-server:push', ...words];
      expect(await ok(rehearsal().run(push).ended)).toContain('the push has --repository');
      const done = rehearsal().journal().slice(began);
      expect([...new Set(done.map(({ what }) => what))]).toEqual(['push']);
      const tagged = rehearsal()
        .account()
        .filter(({ inputs }) => (inputs.imageTags as string[] | undefined)?.includes('by-hand'));
      expect(tagged.map(({ inputs }) => inputs.repositoryName)).toEqual(['staging-app']);
    });

    test('destroying a layer that others need is refused in a sentence, and nothing is touched', async () => {
      const before = rehearsal().account();
      const operations = rehearsal().journal().length;
      const output = await failed(rehearsal().inLayer('network', 'envoy-poc', 'destroy'));
      expect(output).toMatch(
        /network, stack dev, is still needed by cluster \(\d+ resources\) and platform \(\d+ resources\) and workloads/,
      );
      expect(rehearsal().account()).toEqual(before);
      expect(rehearsal().journal()).toHaveLength(operations);
    });

    test('destroyed in reverse, each leaves nothing of itself and all of the other', async () => {
      const staging = ofStack('staging');
      await ok(everything('destroy', '--yes'));
      expect(rehearsal().account()).toEqual(staging);
      await ok(everything('destroy', '--yes', '--stack', 'staging'));
      expect(rehearsal().account()).toEqual([]);
    });
  },
  deployed,
);
