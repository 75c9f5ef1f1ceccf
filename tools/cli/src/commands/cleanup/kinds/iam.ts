import {
  IAMClient,
  ListOpenIDConnectProvidersCommand,
  ListOpenIDConnectProviderTagsCommand,
  ListPolicyTagsCommand,
  ListRoleTagsCommand,
  paginateListAttachedRolePolicies,
  paginateListInstanceProfilesForRole,
  paginateListPolicies,
  paginateListPolicyVersions,
  paginateListRolePolicies,
  paginateListRoles,
} from '@aws-sdk/client-iam';
import { awsOptions } from '#runtime';
import { aws, type Kind, type Scope } from '../kind.ts';
import { ownerOf } from '../owner.ts';

/** Pulumi names what has no name in the program after its logical name. */
const NAME_PREFIX = 'envoy_poc_';

const clientOf = ({ place }: Scope) => new IAMClient(awsOptions(place));

const oidcProviders: Kind = {
  id: 'oidc-providers',
  title: 'OIDC providers',
  action: 'iam:ListOpenIDConnectProviders',
  async find(scope, abortSignal) {
    const client = clientOf(scope);
    const ids: string[] = [];
    const { OpenIDConnectProviderList = [] } = await client.send(new ListOpenIDConnectProvidersCommand({}), {
      abortSignal,
    });
    for (const { Arn = '' } of OpenIDConnectProviderList) {
      const command = new ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn: Arn });
      const { Tags } = await client.send(command, { abortSignal });
      if (ownerOf(Tags, scope) === 'ours') ids.push(Arn);
    }
    const words = ['iam', 'delete-open-id-connect-provider', '--open-id-connect-provider-arn'];
    return { ids, commands: ids.map((id) => aws(scope, [...words, id])) };
  },
};

const roles: Kind = {
  id: 'roles',
  title: 'IAM roles',
  action: 'iam:ListRoles',
  async find(scope, abortSignal) {
    const client = clientOf(scope);
    const ids: string[] = [];
    for await (const { Roles = [] } of paginateListRoles({ client }, {}, { abortSignal })) {
      for (const { RoleName = '' } of Roles) {
        if (!RoleName.startsWith(NAME_PREFIX)) continue;
        const { Tags } = await client.send(new ListRoleTagsCommand({ RoleName }), { abortSignal });
        if (ownerOf(Tags, scope) === 'ours') ids.push(RoleName);
      }
    }
    const commands: string[] = [];
    for (const id of ids) commands.push(...(await roleCommands(client, scope, id, abortSignal)));
    return { ids, commands };
  },
};

/** A role goes only when nothing hangs on it. */
async function roleCommands(client: IAMClient, scope: Scope, RoleName: string, abortSignal: AbortSignal) {
  const role = ['--role-name', RoleName];
  const iam = (...words: string[]) => aws(scope, ['iam', ...words, ...role]);
  const commands: string[] = [];
  for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies(
    { client },
    { RoleName },
    { abortSignal },
  )) {
    commands.push(
      ...AttachedPolicies.map(({ PolicyArn = '' }) => iam('detach-role-policy', '--policy-arn', PolicyArn)),
    );
  }
  for await (const { PolicyNames = [] } of paginateListRolePolicies(
    { client },
    { RoleName },
    { abortSignal },
  )) {
    commands.push(...PolicyNames.map((name) => iam('delete-role-policy', '--policy-name', name)));
  }
  for await (const { InstanceProfiles = [] } of paginateListInstanceProfilesForRole(
    { client },
    { RoleName },
    { abortSignal },
  )) {
    for (const { InstanceProfileName = '' } of InstanceProfiles) {
      commands.push(iam('remove-role-from-instance-profile', '--instance-profile-name', InstanceProfileName));
    }
  }
  return [...commands, iam('delete-role')];
}

const policies: Kind = {
  id: 'policies',
  title: 'IAM policies',
  action: 'iam:ListPolicies',
  async find(scope, abortSignal) {
    const client = clientOf(scope);
    const ids: string[] = [];
    const commands: string[] = [];
    for await (const { Policies = [] } of paginateListPolicies(
      { client },
      { Scope: 'Local' },
      { abortSignal },
    )) {
      for (const { PolicyName = '', Arn = '' } of Policies) {
        if (!PolicyName.startsWith(NAME_PREFIX)) continue;
        const { Tags } = await client.send(new ListPolicyTagsCommand({ PolicyArn: Arn }), { abortSignal });
        if (ownerOf(Tags, scope) !== 'ours') continue;
        ids.push(Arn);
        const iam = (...words: string[]) => aws(scope, ['iam', ...words, '--policy-arn', Arn]);
        for await (const { Versions = [] } of paginateListPolicyVersions(
          { client },
          { PolicyArn: Arn },
          { abortSignal },
        )) {
          const old = Versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion);
          commands.push(
            ...old.map(({ VersionId = '' }) => iam('delete-policy-version', '--version-id', VersionId)),
          );
        }
        commands.push(iam('delete-policy'));
      }
    }
    return { ids, commands };
  },
};

/** Who may what; the same in all regions. */
export const iamKinds: readonly Kind[] = [oidcProviders, roles, policies];
