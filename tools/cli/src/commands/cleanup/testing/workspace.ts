import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layers } from '@envoy-poc/layers';
import { onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { checksById, type Recorded, runRecorded } from '#runtime/testing';
import { cleanup } from '../cli.ts';

const root = resolve(import.meta.dirname, '../../../../../..');

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
  const { stacks = { dev: {} } } = situation;
  const folder = await mkdtemp(join(tmpdir(), 'cleanup-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  for (const layer of layers) {
    const to = join(folder, 'projects', layer);
    await mkdir(to, { recursive: true });
    await cp(join(root, 'projects', layer, 'Pulumi.yaml'), join(to, 'Pulumi.yaml'));
    for (const [stack, config] of Object.entries(stacks)) {
      const own = Object.entries(config).filter(
        ([key]) => key.startsWith(`${layer}:`) || key.startsWith('aws:'),
      );
      const common = {
        'aws:region': 'us-east-1',
        'aws:profile': 'set-cfndev-ina-a',
        'aws:allowedAccountIds': [account],
      };
      const file = stringify({ config: { ...common, ...Object.fromEntries(own) } });
      await writeFile(join(to, `Pulumi.${stack}.yaml`), file);
    }
  }
  await mkdir(join(folder, 'bin'));
  const resources = 'resources' in situation ? situation.resources : 0;
  if (resources !== undefined) {
    const list = JSON.stringify([{ name: 'dev', current: false, resourceCount: resources }]);
    await writeFile(join(folder, 'bin', 'pulumi'), `#!/bin/sh\necho '${list}'\n`);
    await chmod(join(folder, 'bin', 'pulumi'), 0o755);
  }
  await writeFile(join(folder, 'aws-config'), situation.awsConfig ?? profileText);
  const set = {
    HOME: folder,
    // Nothing else: this machine may have a Pulumi.
    PATH: join(folder, 'bin'),
    AWS_CONFIG_FILE: join(folder, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none'),
    AWS_PROFILE: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_REGION: undefined,
    AWS_DEFAULT_REGION: undefined,
    AWS_ENDPOINT_URL: undefined,
    PULUMI_BACKEND_URL: undefined,
    ...situation.env,
  };
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
  const env = { ...process.env };
  const run: Workspace['run'] = (...argv) => runRecorded(cleanup, argv, folder, env);
  return {
    ...{ root: folder, env, run },
    report: async (...argv) => checksById(await run('--json', ...argv)),
  };
}
