import { expect, test } from 'vitest';
import { deployed } from './deployed.ts';
import { failed, ok, scenarios } from './setting.ts';

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
      await ok(everything('deploy', '--stack', 'staging'));
      expect(ofStack('staging').length).toBeGreaterThan(80);
      expect(ofStack('dev')).toEqual(before);
    });

    test('destroying a layer that others need is refused in a sentence, and nothing is touched', async () => {
      const before = rehearsal().account();
      const operations = rehearsal().journal().length;
      const output = await failed(rehearsal().inLayer('network', 'stack', 'destroy'));
      expect(output).toMatch(
        /network, stack dev, is still needed by cluster \(\d+ resources\) and platform \(\d+ resources\) and workloads/,
      );
      expect(rehearsal().account()).toEqual(before);
      expect(rehearsal().journal()).toHaveLength(operations);
    });

    test('destroyed in reverse, each leaves nothing of itself and all of the other', async () => {
      const staging = ofStack('staging');
      await ok(everything('destroy'));
      expect(rehearsal().account()).toEqual(staging);
      await ok(everything('destroy', '--stack', 'staging'));
      expect(rehearsal().account()).toEqual([]);
    });
  },
  deployed,
);
