import { delimiter, join } from 'node:path';

const doubles = join(import.meta.dirname, '../../bin');

/** Where the parts of a rehearsal are. */
export interface RehearsalFolders {
  /** Holds all of it. */
  folder: string;
  /** The clone of the workspace. */
  workspace: string;
  /** The fake account. */
  account: string;
}

/** The variable that names the fake account; whatever a rehearsal starts has it, and so can be found. */
export const markOf = (account: string) => `REHEARSE_ACCOUNT=${account}`;

/** Where the doubles of AWS's own APIs answer: ECR's, and those that give keys to a session or a role. */
export interface Endpoints {
  ecr: string;
  identity: string;
}

/** What of the environment of this process says something about it, its packages, its accounts or the way to them. */
const own = /^(NX_|AWS_|PULUMI_|GIT_|npm_|STACK$|(https?|all)_proxy$)/i;

/** The variables by which a process finds the doubles, and no way to a real account or another backend. */
export function doublesOf(
  { folder, account }: RehearsalFolders,
  { ecr, identity }: Endpoints,
): NodeJS.ProcessEnv {
  return {
    // Goes with the rehearsal: each clone would add its own to a cache that stays.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    PULUMI_HOME: join(folder, 'pulumi'),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    // Whoever calls AWS gets to a double or nowhere.
    AWS_ENDPOINT_URL: ecr,
    AWS_ENDPOINT_URL_SSO: identity,
    AWS_ENDPOINT_URL_STS: identity,
    AWS_EC2_METADATA_DISABLED: 'true',
    REHEARSE_ACCOUNT: account,
  };
}

/** PATH with the doubles of the providers first, and without the packages of a workspace. */
export function pathWith(...more: string[]): string {
  const inherited = (process.env.PATH ?? '').split(delimiter);
  return [doubles, ...more, ...inherited.filter((entry) => !/node_modules[/\\]\.bin$/.test(entry))].join(
    delimiter,
  );
}

/**
 * The environment of a rehearsal's commands: that of a person at a terminal, with a home in which an SSO session and the
 * profiles of the design are all there is of AWS, and a backend of its own.
 */
export function environmentOf(places: RehearsalFolders, endpoints: Endpoints): NodeJS.ProcessEnv {
  const { folder, workspace } = places;
  return {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name))),
    PATH: pathWith(join(workspace, 'node_modules/.bin')),
    HOME: join(folder, 'home'),
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_NO_CLOUD: 'true',
    PULUMI_BACKEND_URL: `file://${join(folder, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'rehearsal',
    ...doublesOf(places, endpoints),
  };
}
