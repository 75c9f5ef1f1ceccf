import { readFile } from 'node:fs/promises';
import { awsPlaceOf, type Check, CheckError, fail, pass } from '@envoy-poc/checks';
import { getSSOTokenFilepath, loadSharedConfigFiles } from '@smithy/core/config';
import { z } from 'zod';
import type { DoctorContext } from '../context.ts';

/** A profile of the AWS CLI's configuration. */
export interface Profile {
  readonly name: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

/**
 * The profile that the stack's AWS resources are made with; undefined: default credentials.
 *
 * @throws {CheckError} when there is no such profile on this machine
 */
export async function stackProfile({ settings, env }: DoctorContext): Promise<Profile | undefined> {
  const network = (await settings()).get('network');
  const name = network && awsPlaceOf(network).profile;
  if (name === undefined) return undefined;
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

const profile: Check<DoctorContext> = {
  id: 'aws-profile',
  title: 'AWS profile',
  needs: ['place'],
  async run(context) {
    const found = await stackProfile(context);
    if (!found) return pass('none is configured; AWS credentials are found in the usual way');
    const { sso_session: session, sso_start_url: url, sso_account_id: account } = found.values;
    const how = session || url ? `by SSO${account ? `, account ${account}` : ''}` : 'without SSO';
    return pass(`${found.name}, ${how}`);
  },
};

const token = z.object({ expiresAt: z.iso.datetime({ offset: true }) });

const session: Check<DoctorContext> = {
  id: 'sso-session',
  title: 'SSO session',
  needs: ['aws-profile'],
  async run(context) {
    const found = await stackProfile(context);
    const { sso_session: name, sso_start_url: url } = found?.values ?? {};
    const key = name ?? url;
    if (!found || key === undefined) return pass('none is needed, the profile does not use SSO');
    const login = `aws sso login --profile ${found.name}`;
    const text = await readFile(getSSOTokenFilepath(key), 'utf8').catch(() => undefined);
    if (text === undefined) return fail('nobody has logged in here', login);
    const parsed = token.safeParse(jsonOf(text));
    if (!parsed.success) return fail('the cached token cannot be read', login);
    const until = new Date(parsed.data.expiresAt);
    const minutes = (until.getTime() - context.today.getTime()) / 60_000;
    return minutes > 0
      ? pass(`until ${until.toISOString()}, ${minutes.toFixed(0)} minutes`)
      : fail(`over since ${until.toISOString()}`, login);
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Who works on AWS, as far as this machine knows. */
export const profileChecks: readonly Check<DoctorContext>[] = [profile, session];
