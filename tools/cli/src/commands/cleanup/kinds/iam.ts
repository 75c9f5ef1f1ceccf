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
import { each, kindOf, type Look, type ResourceKind, type Thing } from '../kind.ts';

/** Pulumi names what has no name in the program after its logical name. */
const NAME_PREFIX = 'envoy_poc_';

const oidcProviders = kindOf({
  id: 'oidc-providers',
  title: 'OIDC providers',
  action: 'iam:ListOpenIDConnectProviders',
  async list({ options, abortSignal }) {
    const iam = new IAMClient(options);
    const { OpenIDConnectProviderList = [] } = await iam.send(new ListOpenIDConnectProvidersCommand({}), {
      abortSignal,
    });
    const things: Thing[] = [];
    for (const { Arn: id = '' } of OpenIDConnectProviderList) {
      const command = new ListOpenIDConnectProviderTagsCommand({ OpenIDConnectProviderArn: id });
      things.push({ id, tags: (await iam.send(command, { abortSignal })).Tags });
    }
    return things;
  },
  remove: (things) =>
    each(things, 'iam', 'delete-open-id-connect-provider', '--open-id-connect-provider-arn'),
});

const roles = kindOf({
  id: 'roles',
  title: 'IAM roles',
  action: 'iam:ListRoles',
  async list({ all, options, abortSignal }) {
    const iam = new IAMClient(options);
    const things: Thing[] = [];
    for (const { RoleName = '' } of await all(paginateListRoles, iam, {}, (page) => page.Roles)) {
      if (!RoleName.startsWith(NAME_PREFIX)) continue;
      const { Tags } = await iam.send(new ListRoleTagsCommand({ RoleName }), { abortSignal });
      things.push({ id: RoleName, tags: Tags });
    }
    return things;
  },
  async remove(things, look) {
    const commands: string[][] = [];
    for (const { id } of things) commands.push(...(await roleCommands(id, look)));
    return commands;
  },
});

/** A role goes only when nothing hangs on it. */
async function roleCommands(RoleName: string, { all, options }: Look): Promise<string[][]> {
  const [iam, role] = [new IAMClient(options), { RoleName }];
  const attached = await all(paginateListAttachedRolePolicies, iam, role, (page) => page.AttachedPolicies);
  const inline = await all(paginateListRolePolicies, iam, role, (page) => page.PolicyNames);
  const profiles = await all(paginateListInstanceProfilesForRole, iam, role, (page) => page.InstanceProfiles);
  const words = [
    ...attached.map(({ PolicyArn = '' }) => ['detach-role-policy', '--policy-arn', PolicyArn]),
    ...inline.map((name) => ['delete-role-policy', '--policy-name', name]),
    ...profiles.map(({ InstanceProfileName = '' }) => [
      ...['remove-role-from-instance-profile', '--instance-profile-name', InstanceProfileName],
    ]),
    ['delete-role'],
  ];
  return words.map((more) => ['iam', ...more, '--role-name', RoleName]);
}

const policies = kindOf({
  id: 'policies',
  title: 'IAM policies',
  action: 'iam:ListPolicies',
  async list({ all, options, abortSignal }) {
    const iam = new IAMClient(options);
    const things: Thing[] = [];
    const own = { Scope: 'Local' } as const;
    for (const policy of await all(paginateListPolicies, iam, own, (page) => page.Policies)) {
      const { PolicyName = '', Arn: id = '' } = policy;
      if (!PolicyName.startsWith(NAME_PREFIX)) continue;
      const { Tags } = await iam.send(new ListPolicyTagsCommand({ PolicyArn: id }), { abortSignal });
      things.push({ id, tags: Tags });
    }
    return things;
  },
  async remove(things, { all, options }) {
    const [iam, commands] = [new IAMClient(options), [] as string[][]];
    for (const { id } of things) {
      const versions = await all(paginateListPolicyVersions, iam, { PolicyArn: id }, (page) => page.Versions);
      const old = versions.filter(({ IsDefaultVersion }) => !IsDefaultVersion);
      const words = [
        ...old.map(({ VersionId = '' }) => ['delete-policy-version', '--version-id', VersionId]),
        ['delete-policy'],
      ];
      commands.push(...words.map((more) => ['iam', ...more, '--policy-arn', id]));
    }
    return commands;
  },
});

/** Who may what; the same in all regions. */
export const iamKinds: readonly ResourceKind[] = [oidcProviders, roles, policies];
