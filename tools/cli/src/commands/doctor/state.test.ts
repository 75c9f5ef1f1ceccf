import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { checksById, runRecorded } from '#runtime/testing';
import { doctor as runDoctor } from './cli.ts';
import { type Account, serveAccount } from './testing/aws-answers.ts';

afterEach(() => vi.unstubAllEnvs());

/** Runs `doctor` as a person with nothing but a profile does, in an account that answers over HTTP. */
async function doctor(account: Account, env: NodeJS.ProcessEnv = {}, profile = '') {
  const { url, close } = await serveAccount(account);
  onTestFinished(() => void close());
  const home = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const config = join(home, 'config');
  await writeFile(
    config,
    `[profile set-cfndev-ina-a]\naws_access_key_id = a\naws_secret_access_key = b\n${profile}\n`,
  );
  vi.unstubAllEnvs();
  for (const name of Object.keys(process.env)) if (/^(AWS|PULUMI)_/.test(name)) vi.stubEnv(name, undefined);
  const own = { HOME: home, AWS_CONFIG_FILE: config, AWS_ENDPOINT_URL: url, ...env };
  for (const [name, value] of Object.entries(own)) vi.stubEnv(name, value);
  const root = join(import.meta.dirname, '../../../../..');
  return checksById(await runRecorded(runDoctor, ['--stack', 'dev', '--json'], root, process.env));
}

test('a profile without region: Pulumi would not find the bucket, and the command names its region', async () => {
  const { seen, next } = await doctor({ bucketRegion: 'eu-west-1' });
  expect(seen['state-bucket']).toMatch(
    /^fail .* does not know in which region .* AWS_REGION nor profile set-cfndev-ina-a says so/,
  );
  expect(next['state-bucket']).toBe('aws configure set region eu-west-1 --profile set-cfndev-ina-a');
});

test('a bucket in another region than Pulumi asks in, which follows no redirect', async () => {
  const { seen, next } = await doctor({ bucketRegion: 'eu-west-1' }, { AWS_REGION: 'us-east-1' });
  expect(seen['state-bucket']).toMatch(
    /^fail .* is in eu-west-1, and pulumi asks for it in us-east-1 \(from AWS_REGION\).*301/,
  );
  expect(next['state-bucket']).toBe('export AWS_REGION=eu-west-1');
});

test('a bucket where Pulumi asks', async () => {
  const { seen } = await doctor({ bucketRegion: 'us-east-1' }, {}, 'region = us-east-1');
  expect(seen['state-bucket']).toMatch(/^pass .*, in us-east-1$/);
  expect(seen['state-place']).toMatch(/^pass s3:/);
  expect(seen.identity).toMatch(/^pass /);
});

test('a bucket of somebody else', async () => {
  const { seen } = await doctor({}, {}, 'region = us-east-1');
  expect(seen['state-bucket']).toMatch(/^fail .*\(403\): .* is there, and it belongs to another account/);
});

test.each([
  [47, 'behind'],
  [-47, 'ahead of'],
])('a clock %d minutes away from AWS’s', async (minutesAhead, word) => {
  const { seen, next } = await doctor({ bucketRegion: 'us-east-1', minutesAhead }, {}, 'region = us-east-1');
  expect(seen.identity).toContain(`clock is 47 minutes ${word} AWS's`);
  expect(next.identity).toContain('set-ntp');
});

test('PULUMI_BACKEND_URL left from something else', async () => {
  const { seen, next } = await doctor({ bucketRegion: 'us-east-1' }, { PULUMI_BACKEND_URL: 'file:///other' });
  expect(seen['state-place']).toMatch(
    /^warn .* puts the state in file:\/\/\/other, and this project's is in s3:.* made once more/,
  );
  expect(next['state-place']).toContain('unset PULUMI_BACKEND_URL');
});
