import { createHash } from 'node:crypto';

const region = 'us-east-1';
const startUrl = 'https://team.awsapps.com/start';

/** A profile of an SSO session for `~/.aws/config`, as `aws configure sso` writes it. */
export function ssoProfile(name: string, session: string): string {
  return [
    `[profile ${name}]`,
    `region = ${region}`,
    `sso_session = ${session}`,
    'sso_account_id = 123456789012',
    'sso_role_name = deployer',
    `[sso-session ${session}]`,
    `sso_start_url = ${startUrl}`,
    `sso_region = ${region}`,
    'sso_registration_scopes = sso:account:access',
    '',
  ].join('\n');
}

/** What `aws sso login` leaves in a person's home: the token of a session. */
export function ssoToken(session: string, expiresInSeconds: number): { path: string; content: string } {
  const name = createHash('sha1').update(session).digest('hex');
  const expiresAt = new Date(Date.now() + expiresInSeconds * 1000).toISOString();
  const token = { startUrl, region, accessToken: 'a-token', expiresAt };
  return { path: `.aws/sso/cache/${name}.json`, content: JSON.stringify(token) };
}
