import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { layers } from '@envoy-poc/layers';
import {
  type AwsProfile,
  askAws,
  awsOptions,
  type Check,
  fail,
  pass,
  readResourceCount,
  warn,
} from '#runtime';
import type { CleanupContext } from './context.ts';
import { lastAccount } from './history.ts';
import type { ResourceKind } from './kind.ts';
import { kinds } from './kinds/index.ts';

const settings: Check<CleanupContext> = {
  id: 'settings',
  title: 'settings of the stack',
  async run(context) {
    const { stack, place, clusterName, sharers } = await context.settings();
    const where = `stack ${stack} in ${place.region}`;
    if (sharers.length === 0) return pass(`${where}, cluster ${clusterName}`);
    return warn(
      `${where}; the name of its cluster is also the one of ${sharers.join(', ')}, so nothing is known by that name`,
      `cd projects/cluster && pulumi config set cluster:name <another name> --stack ${sharers[0]}`,
    );
  },
};

/** Where a stack's things cannot be, nothing that is found is the stack's. */
const account: Check<CleanupContext> = {
  id: 'account',
  title: 'the account of the stack',
  needs: ['settings'],
  async run(context, abortSignal) {
    const { place } = await context.settings();
    const profile = await context.profile();
    const client = new STSClient(awsOptions(place));
    const { Account: id = '', Arn } = await askAws(place, 'sts:GetCallerIdentity', () =>
      client.send(new GetCallerIdentityCommand({}), { abortSignal }),
    );
    const { accounts, source } = await accountsOf(context, profile, abortSignal);
    if (accounts.length === 0) {
      return warn(
        `you are ${Arn}, in account ${id}; nothing says that the stack stood in it`,
        `if it did: cd projects/network && pulumi config set --path 'aws:allowedAccountIds[0]' ${id} --stack ${context.stack}`,
      );
    }
    if (accounts.includes(id)) return pass(`${id}, by ${source}; you are ${Arn}`);
    return fail(
      `you are ${Arn}, in account ${id}; the stack stood in ${accounts.join(' or ')}, by ${source}`,
      profile === undefined
        ? 'set AWS_PROFILE to a profile of that account'
        : `aws configure sso --profile ${profile.name}`,
    );
  },
};

/** Which accounts a stack can have stood in, and what says so: the surest first. */
async function accountsOf(
  context: CleanupContext,
  profile: AwsProfile | undefined,
  signal: AbortSignal,
): Promise<{ accounts: readonly string[]; source: string }> {
  const { allowedAccounts, backendUrl, place } = await context.settings();
  const last = backendUrl && (await lastAccount(backendUrl, context.stack, place, context.env, signal));
  if (last) return { accounts: [last], source: "its state's history" };
  if (allowedAccounts.length > 0) return { accounts: allowedAccounts, source: 'aws:allowedAccountIds' };
  const ofProfile = profile?.values.sso_account_id;
  if (profile && ofProfile)
    return { accounts: [ofProfile], source: `the sso_account_id of profile ${profile.name}` };
  return { accounts: [], source: '' };
}

const state: Check<CleanupContext> = {
  id: 'state',
  title: 'the stack is destroyed',
  needs: ['account'],
  async run({ root, stack, run }) {
    const counts = await Promise.all(
      layers.map(async (layer) => ({ layer, count: await readResourceCount(run, root, layer, stack) })),
    );
    const alive = counts.filter(({ count }) => count > 0).map(({ layer, count }) => `${layer} ${count}`);
    const sum = counts.reduce((total, { count }) => total + count, 0);
    if (sum === 0) return pass('no layer has a resource in its state');
    return fail(
      `${stack} still has ${sum} ${sum === 1 ? 'resource' : 'resources'} (${alive.join(', ')}); what it uses cannot be told from what is left`,
      `npx nx run-many -t destroy --stack ${stack}`,
    );
  },
};

/** What is left of a kind. */
const leftovers = (kind: ResourceKind): Check<CleanupContext> => ({
  id: kind.id,
  title: kind.title,
  needs: ['state'],
  async run(context, signal) {
    const scope = await context.scope();
    const { ids, commands } = await askAws(scope.place, kind.action, () => kind.find(scope, signal));
    return ids.length === 0 ? pass('none') : fail(ids.join('\n'), context.found(kind.id, commands));
  },
});

/** All checks, in their order. */
export const checks: readonly Check<CleanupContext>[] = [settings, account, state, ...kinds.map(leftovers)];
