import { readFile } from 'node:fs/promises';
import { getSSOTokenFilepath, loadSharedConfigFiles } from '@smithy/core/config';
import { z } from 'zod';
import { fail, type Outcome, pass } from './check.ts';
import { CheckError } from './errors.ts';
import { jsonOf } from './json.ts';

/** A profile of the AWS CLI's configuration; its SSO session's settings are among the values. */
export interface AwsProfile {
  readonly name: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

/** Finds a profile on this machine. @throws {CheckError} when there is none of this name */
export async function findAwsProfile(name: string, env: NodeJS.ProcessEnv): Promise<AwsProfile> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    ignoreCache: true,
    ...(env.AWS_CONFIG_FILE && { configFilepath: env.AWS_CONFIG_FILE }),
    ...(env.AWS_SHARED_CREDENTIALS_FILE && { filepath: env.AWS_SHARED_CREDENTIALS_FILE }),
  });
  const values = { ...configFile[name], ...credentialsFile[name] };
  if (Object.keys(values).length === 0) {
    const others = Object.keys({ ...configFile, ...credentialsFile }).filter((key) => !key.includes('.'));
    throw new CheckError(
      `there is no profile ${name} on this machine (${others.length > 0 ? `there are ${others.join(', ')}` : 'there is none at all'})`,
      `aws configure sso --profile ${name}`,
    );
  }
  const session = values.sso_session && configFile[`sso-session.${values.sso_session}`];
  return { name, values: { ...(session || {}), ...values } };
}

const token = z.object({ expiresAt: z.iso.datetime({ offset: true }) });

/** Whether the SSO session of a profile is alive, by what the AWS CLI has cached. */
export async function ssoSession({ name, values }: AwsProfile, today: Date): Promise<Outcome> {
  const key = values.sso_session ?? values.sso_start_url;
  if (key === undefined) return pass('none is needed, the profile does not use SSO');
  const login = `aws sso login --profile ${name}`;
  const text = await readFile(getSSOTokenFilepath(key), 'utf8').catch(() => undefined);
  if (text === undefined) return fail('nobody has logged in here', login);
  const parsed = token.safeParse(jsonOf(text));
  if (!parsed.success) return fail('the cached token cannot be read', login);
  const until = new Date(parsed.data.expiresAt);
  const minutes = (until.getTime() - today.getTime()) / 60_000;
  return minutes > 0
    ? pass(`until ${until.toISOString()}, ${minutes.toFixed(0)} minutes`)
    : fail(`over since ${until.toISOString()}`, login);
}
