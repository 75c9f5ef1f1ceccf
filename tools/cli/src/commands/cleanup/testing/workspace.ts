import { checksById, type Recorded, runRecorded } from '#runtime/testing';
import { testMachine } from '../../testing/machine.ts';
import { cleanup } from '../cli.ts';

/** What a workspace and its machine are like, where they differ from those after a destroy. */
export interface Situation {
  /** Settings of the layers of each stack, by full key. Default: a stack dev without any. */
  readonly stacks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `~/.aws/config`. */
  readonly awsConfig?: string;
  /** How many resources each layer of dev has in its state; undefined: there is no Pulumi. */
  readonly resources?: number | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

export interface Workspace {
  /** Its folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs `npx envoy-poc cleanup`. */
  run(...argv: string[]): Promise<Recorded>;
  /** Runs `npx envoy-poc cleanup --json`. */
  report(...argv: string[]): Promise<ReturnType<typeof checksById>>;
}

const profileText = `[profile set-cfndev-ina-a]
aws_access_key_id = test
aws_secret_access_key = test
`;

/** The account that the settings name, unless a test says otherwise. */
export const account = '123456789012';

/** Sets a workspace up, for this process too, for as long as a test runs. */
export async function workspaceOf(situation: Situation = {}): Promise<Workspace> {
  const { stacks = { dev: {} }, awsConfig = profileText, env: replaced } = situation;
  const allowed = { 'aws:allowedAccountIds': [account] };
  const { home, env, install } = await testMachine({
    stacks: Object.fromEntries(
      Object.entries(stacks).map(([stack, settings]) => [stack, { ...allowed, ...settings }]),
    ),
    ...{ awsConfig, env: replaced },
  });
  const resources = 'resources' in situation ? situation.resources : 0;
  if (resources !== undefined) {
    const list = JSON.stringify([{ name: 'dev', current: false, resourceCount: resources }]);
    await install('pulumi', `#!/bin/sh\necho '${list}'\n`);
  }
  const run: Workspace['run'] = (...argv) => runRecorded(cleanup, argv, home, env);
  return {
    ...{ root: home, env, run },
    report: async (...argv) => checksById(await run('--json', ...argv)),
  };
}
