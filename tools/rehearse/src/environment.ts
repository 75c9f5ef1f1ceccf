import { delimiter, join } from 'node:path';

const doubles = join(import.meta.dirname, '../bin');

/** Where the parts of a rehearsal are. */
export interface Places {
  /** Holds all of it. */
  folder: string;
  /** The copy of the workspace. */
  workspace: string;
  /** The fake account. */
  account: string;
}

/** The variable that names the fake account; whatever a rehearsal starts has it, and so can be found. */
export const markOf = (account: string) => `REHEARSE_ACCOUNT=${account}`;

/**
 * The environment of a rehearsal's commands: the doubles first on PATH, a backend of its own, and no way to a real
 * account.
 *
 * @param ecr where ECR's API answers
 */
export function environmentOf({ folder, workspace, account }: Places, ecr: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(NX_|AWS_|PULUMI_|npm_|STACK$)/.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    PATH: [doubles, join(workspace, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_NO_CLOUD: 'true',
    // Goes with the rehearsal: each copy of the workspace would add its own to a cache that stays.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    PULUMI_HOME: join(folder, 'pulumi'),
    PULUMI_BACKEND_URL: `file://${join(folder, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'rehearsal',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    // Whoever calls AWS gets to the double of ECR or nowhere.
    AWS_ENDPOINT_URL: ecr,
    AWS_ACCESS_KEY_ID: 'rehearsal',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    REHEARSE_ACCOUNT: account,
  };
}
