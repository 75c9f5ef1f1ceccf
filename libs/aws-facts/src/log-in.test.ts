import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { logInCommand } from './log-in.ts';

const folder = mkdtempSync(join(tmpdir(), 'log-in-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = join(folder, 'config');
const credentials = join(folder, 'credentials');
const env = { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
writeFileSync(
  config,
  `[profile by-session]
sso_session = company
[sso-session company]
sso_start_url = https://company.awsapps.com/start
[profile by-url]
sso_start_url = https://company.awsapps.com/start
[profile by-process]
credential_process = /opt/vault get aws
[profile by-login]
login_session = arn:aws:iam::123456789012:user/me
[profile by-token]
web_identity_token_file = /run/token
[profile role]
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = by-keys
[profile role-by-sso]
role_arn = arn:aws:iam::123456789012:role/deployer
source_profile = by-session
[profile session-nowhere]
sso_session = gone
[profile circle]
source_profile = circle-2
[profile circle-2]
source_profile = circle
`,
);
writeFileSync(credentials, '[by-keys]\naws_access_key_id = A\naws_secret_access_key = S\n');

test.each([
  ['by-session', 'aws sso login --profile by-session'],
  ['by-url', 'aws sso login --profile by-url'],
  ['by-process', expect.stringMatching(/credential_process of profile by-process .*: \/opt\/vault get aws$/)],
  ['by-login', 'aws login --profile by-login'],
  ['by-token', 'renew /run/token, the token of profile by-token'],
  ['by-keys', 'aws configure --profile by-keys, with keys that are valid'],
  ['role', 'aws configure --profile by-keys, with keys that are valid'],
  ['role-by-sso', 'aws sso login --profile by-session'],
  ['circle', expect.stringContaining('--profile circle')],
  [
    'session-nowhere',
    'aws configure sso --profile session-nowhere, as its sso_session gone is in no file of this machine',
  ],
  ['nowhere', 'aws sso login --profile nowhere'],
  [undefined, 'aws sso login, or set AWS_PROFILE'],
])('profile %s', async (profile, command) => {
  expect(await logInCommand(profile, env)).toEqual(command);
});

test.each([
  ['keys in CI', { CI: 'true', AWS_ACCESS_KEY_ID: 'A' }, /^start the job anew.*role-duration-seconds/],
  ['keys elsewhere', { AWS_ACCESS_KEY_ID: 'A' }, /^set AWS_ACCESS_KEY_ID.*AWS_SESSION_TOKEN anew/],
  [
    'a token of CI',
    {
      AWS_WEB_IDENTITY_TOKEN_FILE: '/run/token',
      AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/deployer',
    },
    /^start the job anew.*\/run\/token.*trust policy of arn:aws:iam::123456789012:role\/deployer/,
  ],
  ['a container', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23' }, /role this container has/],
])('no profile, but %s: no word of logging in', async (_, own, command) => {
  const said = await logInCommand(undefined, { ...env, ...own });
  expect(said).toMatch(command);
  expect(said).not.toContain('sso login');
});
