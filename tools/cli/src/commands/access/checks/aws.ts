import { type Check, findAwsProfile, pass, ssoSession } from '#runtime';
import type { AccessContext } from '../context.ts';

const settings: Check<AccessContext> = {
  id: 'settings',
  title: 'settings of the stack',
  async run({ place }) {
    const { name, region, profile } = await place();
    return pass(`cluster ${name} in ${region}, as profile ${profile}`);
  },
};

const profile: Check<AccessContext> = {
  id: 'aws-profile',
  title: 'AWS profile',
  needs: ['settings'],
  async run({ place, env }) {
    const { name } = await findAwsProfile((await place()).profile, env);
    return pass(name);
  },
};

const session: Check<AccessContext> = {
  id: 'sso-session',
  title: 'SSO session',
  needs: ['aws-profile'],
  async run({ place, env, today }) {
    return ssoSession(await findAwsProfile((await place()).profile, env), today);
  },
};

const identity: Check<AccessContext> = {
  id: 'identity',
  title: 'who you are',
  needs: ['sso-session'],
  run: async (context) => pass(await context.identity()),
};

const cluster: Check<AccessContext> = {
  id: 'cluster',
  title: 'the cluster is active',
  needs: ['identity'],
  run: async (context) => pass((await context.cluster()).arn),
};

/** Who the profile is, and whether AWS shows it the cluster. */
export const awsChecks: readonly Check<AccessContext>[] = [settings, profile, session, identity, cluster];
