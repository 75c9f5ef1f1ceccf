import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { awsProfile } from './aws-profile.ts';
import { temporaryFolder } from './testing/fixtures.ts';

const repository = '123456789012.dkr.ecr.us-east-1.amazonaws.com/app';

test.each([
  ['the stack says it', { stack: 'dev' }, {}, 'of-the-stack'],
  ['the environment says another', { stack: 'dev' }, { AWS_PROFILE: 'mine' }, 'mine'],
  ['the environment has keys', { stack: 'dev' }, { AWS_ACCESS_KEY_ID: 'key' }, undefined],
  ['CI has a role', { stack: 'dev' }, { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, undefined],
  ['the repository is of no stack', { stack: 'dev', repository }, {}, undefined],
  ['the stack has no settings here', { stack: 'other' }, {}, undefined],
])('%s', async (_, options, env, profile) => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'projects/registry'), { recursive: true });
  const file = join(folder.path, 'projects/registry/Pulumi.dev.yaml');
  await writeFile(file, 'config:\n  aws:region: us-east-1\n  aws:profile: of-the-stack\n');
  expect(await awsProfile(folder.path, options, env)).toBe(profile);
});
