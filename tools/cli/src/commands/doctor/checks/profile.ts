import { type AwsProfile, awsPlaceOf, type Check, findAwsProfile, pass, ssoSession } from '#runtime';
import type { DoctorContext } from '../context.ts';

/**
 * The profile that the stack's AWS resources are made with; undefined: default credentials.
 *
 * @throws {CheckError} when there is no such profile on this machine
 */
export async function stackProfile({ settings, env }: DoctorContext): Promise<AwsProfile | undefined> {
  const network = (await settings()).get('network');
  const name = network && awsPlaceOf(network).profile;
  return name === undefined ? undefined : findAwsProfile(name, env);
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

const session: Check<DoctorContext> = {
  id: 'sso-session',
  title: 'SSO session',
  needs: ['aws-profile'],
  async run(context) {
    const found = await stackProfile(context);
    return found ? ssoSession(found, context.today) : pass('none is needed, no profile is configured');
  },
};

/** Who works on AWS, as far as this machine knows. */
export const profileChecks: readonly Check<DoctorContext>[] = [profile, session];
