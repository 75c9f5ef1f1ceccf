import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { logInCommand } from '@envoy-poc/aws-facts/log-in';
import type { StackTags } from '@envoy-poc/layers';
import { z } from 'zod';
import { askAws, awsOptions, awsPlaceOf, type Check, fail, pass, projectTagOf, warn } from '#runtime';
import type { DoctorContext } from '../context.ts';
import { stackProfile } from './profile.ts';

const accountIds = z.array(z.coerce.string());

/** Region and profile of the stack. @throws {CheckError} when no region is set */
export async function stackPlace({ settings }: DoctorContext) {
  const network = (await settings()).get('network');
  if (!network) throw new Error('no settings of network');
  return awsPlaceOf(network);
}

/** The tags of the stack's own AWS resources. @throws {CheckError} when the settings name none */
export async function ownTags({ settings, stack }: DoctorContext): Promise<StackTags> {
  const network = (await settings()).get('network');
  if (!network) throw new Error('no settings of network');
  return { project: projectTagOf(network), stack };
}

const identity: Check<DoctorContext> = {
  id: 'identity',
  title: 'AWS account',
  needs: ['aws-profile', 'sso-session'],
  async run(context, abortSignal) {
    const place = await stackPlace(context);
    const client = new STSClient(awsOptions(place));
    const { Account: account = '', Arn: arn } = await askAws(place, 'sts:GetCallerIdentity', () =>
      client.send(new GetCallerIdentityCommand({}), { abortSignal }),
    );
    // The SDK notes how far this machine's clock is from AWS's answers, where that is more than five minutes, and signs
    // by AWS's clock from then on; what signs a token for the cluster does not.
    const minutes = Math.round(client.config.systemClockOffset / 60_000);
    if (minutes !== 0) {
      return fail(
        `this machine's clock is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'behind' : 'ahead of'} AWS's: signatures and tokens for the cluster are refused beyond 5 minutes`,
        'set the clock, for example: sudo timedatectl set-ntp true',
      );
    }
    const allowed = (await context.settings()).get('network')?.get('aws:allowedAccountIds');
    const expected =
      allowed === undefined
        ? [(await stackProfile(context))?.values.sso_account_id].filter((id) => id !== undefined)
        : accountIds.parse(JSON.parse(allowed));
    if (expected.length > 0 && !expected.includes(account)) {
      return fail(
        `you are ${arn}, in account ${account}; the stack belongs to ${expected.join(' or ')}`,
        `${await logInCommand(place.profile, context.env)}, after a look at the account that the profile is for (sso_account_id, or whose keys they are)`,
      );
    }
    const elsewhere = context.env.AWS_REGION;
    if (elsewhere !== undefined && elsewhere !== place.region) {
      return warn(
        `${arn}; AWS_REGION is ${elsewhere}, and the stack stands in ${place.region}: the AWS CLI would look elsewhere`,
        `export AWS_REGION=${place.region}`,
      );
    }
    return pass(`${arn}, in ${place.region}`);
  },
};

/** Who AWS says we are. */
export const accountChecks: readonly Check<DoctorContext>[] = [identity];
