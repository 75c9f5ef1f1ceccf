import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { runRecorded } from '#runtime/testing';
import { doctor } from './cli.ts';
import { contextOf } from './testing/workspace.ts';

const run = (argv: string[], root: string, env?: NodeJS.ProcessEnv) => runRecorded(doctor, argv, root, env);

test('offline, it says of each check how it stands and of AWS that it did not look', async () => {
  const { root, env } = await contextOf();
  const { code, stdout } = await run(['--offline', '--json'], root, { ...env, PATH: '' });
  expect(code).toBe(1);
  const { ok, stack, checks } = JSON.parse(stdout);
  expect({ ok, stack }).toEqual({ ok: false, stack: 'dev' });
  const failed = checks.filter(({ status }: { status: string }) => status === 'fail');
  expect(failed.map(({ id }: { id: string }) => id)).toEqual(['pulumi', 'aws-cli']);
  expect(checks.at(-1)).toMatchObject({ status: 'skipped', seen: 'because of --offline' });
});

test('the table has what to do next under each failure, and no colours and no secrets', async () => {
  const { root } = await contextOf();
  const { stdout } = await run(['--offline', '--stack', 'hunter22'], root, {
    PULUMI_CONFIG_PASSPHRASE: 'hunter22',
  });
  expect(stdout).toMatch(/✗ FAIL {2}settings of the stack .*no projects\/network\/Pulumi\.\[hidden\]\.yaml/);
  expect(stdout).toMatch(/→ npx envoy-poc init --stack/);
  expect(stdout).toMatch(/\d+ passed, \d+ failed, \d+ warnings?, \d+ skipped, \d+\.\d s\n$/);
  expect(stdout).not.toContain('hunter22');
  expect(stdout).not.toContain('\u001b[');
});

test('bad words end with 2 and name themselves; help says what is there', async () => {
  const root = resolve(import.meta.dirname, '../../../../..');
  expect(await run(['--ofline'], root)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("'--ofline'"),
  });
  const help = await run(['--help'], root);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const word of ['--stack', '--json', '--offline', 'Exit: 0']) expect(help.stdout).toContain(word);
});
