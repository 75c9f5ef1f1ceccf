import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCOUNT_ID } from '../aws/shapes.ts';

const sessionName = 'rehearsal';
const startUrl = 'https://rehearsal.awsapps.com/start';

/** Writes a home like that of a person after `aws sso login`: profiles, a session, and no key anywhere. */
export function writeHome(home: string, profiles: readonly string[]): void {
  const cache = join(home, '.aws/sso/cache');
  mkdirSync(cache, { recursive: true });
  const blocks = profiles.map((profile) => [
    `[profile ${profile}]`,
    `sso_session = ${sessionName}`,
    `sso_account_id = ${ACCOUNT_ID}`,
    'sso_role_name = Deployer',
    'region = us-east-1',
  ]);
  const session = [`[sso-session ${sessionName}]`, `sso_start_url = ${startUrl}`, 'sso_region = us-east-1'];
  writeFileSync(
    join(home, '.aws/config'),
    `${[...blocks, session].map((block) => block.join('\n')).join('\n\n')}\n`,
  );
  const file = `${createHash('sha1').update(sessionName).digest('hex')}.json`;
  const expiresAt = new Date(Date.now() + 8 * 3600_000).toISOString();
  const token = { startUrl, region: 'us-east-1', accessToken: 'token-of-the-session', expiresAt };
  writeFileSync(join(cache, file), JSON.stringify(token), { mode: 0o600 });
}
