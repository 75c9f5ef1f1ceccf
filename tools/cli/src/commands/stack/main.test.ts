import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fakeWorkspace, root, stack } from './testing.ts';

const network = join(root, 'projects/network');

test('without pulumi: what to install', async () => {
  const { code, output } = await stack(network, ['deploy'], { PULUMI_CONFIG_PASSPHRASE: 'x', PATH: '' });
  expect(code).toBe(1);
  expect(output.trim()).toMatch(/^there is no pulumi on PATH: install the Pulumi CLI/m);
});

test('a pulumi that is killed: by which signal, and how to go on', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'killed-'));
  onTestFinished(() => rm(bin, { recursive: true }));
  const engine = `#!/bin/sh\n[ "$1" = up ] && kill -KILL $$\n[ "$1 $2" = 'stack ls' ] && echo '[]' || echo '{}'\n`;
  await writeFile(join(bin, 'pulumi'), engine, { mode: 0o755 });
  const { code, output } = await stack(network, ['deploy'], { PULUMI_CONFIG_PASSPHRASE: 'x', PATH: bin });
  expect(code).toBe(1);
  expect(output).toMatch(/pulumi up of network, stack dev, was ended by SIGKILL\. .*docs\/deploying\.md/);
});

test('without a passphrase: which variable', async () => {
  const { code, output } = await stack(network, ['deploy']);
  expect(code).toBe(1);
  expect(output).toMatch(/no passphrase for the secrets of network, stack dev: set PULUMI_CONFIG_PASSPHRASE/);
});

test.each([
  [['deploy', '--stack', 'blue'], {}],
  [['deploy'], { STACK: 'blue' }],
])('an unknown stack by %s %s: which there are', async (words, env) => {
  const { code, output } = await stack(network, words, env);
  expect(code).toBe(1);
  expect(output).toMatch(/network has no stack "blue", only: dev/);
});

test('a stack of workloads that is not there: also how to run without AWS', async () => {
  const { output } = await stack(join(root, 'projects/workloads'), ['deploy', '--stack', 'blue']);
  expect(output).toMatch(/workloads has no stack "blue", only: dev/);
  expect(output).toContain(
    'npx nx run workloads:load-images --context NAME writes the one of a stack "local"',
  );
});

test('a folder that is no layer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'no-layer-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  expect((await stack(folder, ['deploy'])).output).toMatch(/is not the folder of a layer/);
});

test('an unknown verb is bad usage', async () => {
  expect(await stack(network, ['deploi'])).toMatchObject({
    code: 2,
    output: expect.stringContaining('deploy'),
  });
});

test('--help lists the verbs', async () => {
  const { code, output } = await stack(network, ['--help']);
  expect(code).toBe(0);
  for (const verb of ['preview', 'deploy', 'refresh', 'drift', 'destroy', 'outputs'])
    expect(output).toContain(verb);
});

test('a run whose record cannot be kept is done all the same, and says so', async () => {
  const workspace = await fakeWorkspace({});
  await writeFile(join(workspace.folder, 'dist'), 'no folder');
  const { code, output } = await workspace.run('registry', ['deploy']);
  expect(output).toMatch(/warning: the record of this run could not be kept: .*dist.*the summary lacks it/);
  expect(output).not.toContain('    at ');
  expect(code).toBe(0);
  expect(await workspace.changes()).toHaveLength(1);
});
