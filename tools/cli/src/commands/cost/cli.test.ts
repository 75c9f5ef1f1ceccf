import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runRecorded } from '#runtime/testing';
import { cost } from './cli.ts';
import { root } from './testing.ts';

const run = (argv: string[], at = root, env: NodeJS.ProcessEnv = { PATH: '' }) =>
  runRecorded(cost, argv, at, env);

test('an unknown region is named, with those that are known and the next step, before anything runs', async () => {
  const { code, stdout, stderr } = await run(['--region', 'mars-north-1']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /no prices for the region mars-north-1, only for us-east-1, us-east-2, .*eu-central-1/,
  );
  expect(stderr).toContain('→ npx envoy-poc cost --stack dev --region us-east-1');
});

test('without pulumi it says where to have it from', async () => {
  const { code, stderr } = await run([]);
  expect(code).toBe(1);
  expect(stderr).toContain('there is no pulumi on PATH\n→ install it: https://www.pulumi.com/docs/install/');
});

test('a stack that has no file is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy-poc-cost-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const at of [root, folder]) {
    const { code, stderr } = await run(['--stack', 'moon'], at);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('there is no projects/network/Pulumi.moon.yaml'),
    });
  }
});

test('bad words end with 2 and name themselves', async () => {
  for (const argv of [['--regoin', 'x'], ['--assume', 'days=3'], ['--assume'], ['more']]) {
    const { code, stderr } = await run(argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^envoy-poc cost: .*(--regoin|days=3|--assume|too many arguments)/);
    expect(stderr).toContain('See envoy-poc cost --help.');
  }
});

test('help says what there is', async () => {
  const { code, stdout, stderr } = await run(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const word of [
    '--stack',
    '--json',
    '--region',
    'eu-central-1',
    '--assume',
    'nat-gigabytes',
    '--offline',
    'Exit: 0',
  ]) {
    expect(stdout).toContain(word);
  }
});
