import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { layers, platformFileOf } from '@envoy-poc/layers';
import { expect, test } from 'vitest';
import { json, ok, scenarios } from './setting.ts';

const renamed = [
  ...['--account', '123456789012', '--profile', 'acme-deploy', '--kubectl-profile', 'acme-view'],
  ...['--cluster-name', 'chat', '--vpc-name', 'chat-net', '--repository-prefix', 'acme/chat'],
  ...['--namespace', 'chat', '--project', 'acme-chat'],
  ...['--state-bucket', 'acme-state', '--state-prefix', 'chat-state'],
];

/**
 * What stays as it is in every platform: names of this product, of its parts in Kubernetes and in Pulumi, and of the
 * folders of this test.
 */
const product =
  /@envoy-poc\/|npx envoy-poc|\benvoy-poc (?=init|deploy|destroy|preview|outputs|doctor)|envoy_poc_\w+|envoy-poc-(?:app|edge|rehearsal|\[hidden\])[\w-]*|envoy-poc[:/](?=\w)|app\.kubernetes\.io\/part-of\\*":\s*\\*"envoy-poc|\.cache\/envoy-poc/g;

scenarios(
  'a platform with names of its own',
  (rehearsal) => {
    let before: string[];
    const printed: string[] = [];
    const keep = async (run: Parameters<typeof ok>[0]) => {
      const output = await ok(run);
      printed.push(output);
      return output;
    };
    /** Where an old name still stands, with what is around it. */
    const oldNamesIn = (text: string) => {
      const rest = text.replaceAll(product, '');
      return before.flatMap((name) =>
        rest
          .split(name)
          .slice(0, -1)
          .map((left) => `${left.slice(-80)}${name}`),
      );
    };

    test('init renames it', async () => {
      const { state, tags, stacks } = platformFileOf(rehearsal().workspace);
      const { region: _, account: __, ...names } = stacks.dev ?? {};
      before = [...new Set([state.bucket, state.prefix, ...Object.values(tags), ...Object.values(names)])];
      expect(before.length).toBeGreaterThan(5);
      expect(await ok(rehearsal().run(['envoy-poc', 'init', ...renamed, '--yes']).ended)).toContain(
        'files written',
      );
      expect(await ok(rehearsal().run(['envoy-poc', 'init', '--dry-run']).ended)).toContain(
        'nothing changes',
      );
    });

    test('it is deployed whole, by the new names', async () => {
      await keep(rehearsal().nx('run-many', '-t', 'deploy'));
      const inputsOf = (name: string) =>
        rehearsal()
          .account()
          .find(({ urn }) => urn.endsWith(`::${name}`))?.inputs;
      expect(inputsOf('envoy_poc_vpc')?.tags).toMatchObject({ Name: 'chat-net' });
      expect(inputsOf('envoy_poc_app_ecr_repository')?.name).toBe('acme/chat-app');
      const { kubeconfigCommand } = (await json(rehearsal().inLayer('cluster', 'envoy-poc', 'outputs'))) as {
        kubeconfigCommand: string;
      };
      expect(kubeconfigCommand).toContain('--name chat --region us-east-1 --profile acme-view');
    });

    test('a second deploy knows its own cluster, and changes nothing', async () => {
      await keep(rehearsal().nx('run-many', '-t', 'deploy', '--expect-no-changes'));
    });

    test('no old name is in the account, the state, the outputs or what was printed', async () => {
      for (const layer of layers) {
        await keep(rehearsal().inLayer(layer, 'envoy-poc', 'outputs'));
      }
      printed.push((await rehearsal().run(['envoy-poc', 'doctor', '--offline']).ended).output);
      const { folder, workspace } = rehearsal();
      const filesIn = (where: string) =>
        readdirSync(where, { recursive: true, encoding: 'utf8' }).map((file) => join(where, file));
      const written = [
        ...[join(folder, 'account'), join(folder, 'state')].flatMap(filesIn),
        ...[join(workspace, 'dist/runs'), join(workspace, 'dist/images')].flatMap(filesIn),
      ]
        // What packages are in an image; this one is among them by its own name.
        .filter((file) => !file.endsWith('.cdx.json'))
        .filter((file) => statSync(file).isFile());
      expect(written.some((file) => file.includes('/.pulumi/stacks/'))).toBe(true);
      expect(written.length).toBeGreaterThan(10);
      const texts = written.map((file): [string, string] => [
        file.slice(folder.length),
        readFileSync(file, 'utf8'),
      ]);
      texts.push(...printed.map((text, index): [string, string] => [`output ${index + 1}`, text]));
      const found = texts.flatMap(([where, text]) => oldNamesIn(text).map((what) => `${where}: ${what}`));
      expect(found).toEqual([]);
    });

    test('and it is destroyed whole', async () => {
      await ok(rehearsal().nx('run-many', '-t', 'destroy', '--yes'));
      expect(rehearsal().account()).toEqual([]);
    });
  },
  undefined,
  { profiles: ['acme-deploy', 'acme-view'] },
);
