import { createHash } from 'node:crypto';
import type { BuiltTool } from './built-tool.ts';
import { doubleRegistry } from './ecr-double.ts';

const { registryId, region } = doubleRegistry;
const startUrl = 'https://team.awsapps.com/start';

/** A profile of an SSO session, as `aws configure sso` writes it. */
export function ssoProfile(name: string, session: string): string {
  return [
    `[profile ${name}]`,
    `region = ${region}`,
    `sso_session = ${session}`,
    `sso_account_id = ${registryId}`,
    'sso_role_name = deployer',
    `[sso-session ${session}]`,
    `sso_start_url = ${startUrl}`,
    `sso_region = ${region}`,
    'sso_registration_scopes = sso:account:access',
    '',
  ].join('\n');
}

/** Logs in to an SSO session as `aws sso login` does: leaves a token in the CLI's cache. */
export async function logIn(tool: BuiltTool, session: string, expiresInSeconds: number): Promise<void> {
  const name = createHash('sha1').update(session).digest('hex');
  const expiresAt = new Date(Date.now() + expiresInSeconds * 1000).toISOString();
  const token = { startUrl, region, accessToken: 'a-token', expiresAt };
  await tool.writeHome(`.aws/sso/cache/${name}.json`, JSON.stringify(token));
}
