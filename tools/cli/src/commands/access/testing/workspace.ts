import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ApiServer } from '@envoy-poc/doubles/cluster';
import { onTestFinished, vi } from 'vitest';
import { stringify } from 'yaml';
import { checksById, type Recorded, runRecorded } from '#runtime/testing';
import { access } from '../cli.ts';

const root = resolve(import.meta.dirname, '../../../../../..');

/** What a person's machine and stack are like, where they differ from those of somebody who has all it takes. */
export interface Situation {
  /** Settings of the layers, by full key. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** `~/.aws/config`. */
  readonly awsConfig?: string;
  /** A program that stands on PATH in the place of the AWS CLI; undefined: there is none. */
  readonly aws?: string;
  /** What stands in `~/.kube/config`. */
  readonly kubeconfig?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A machine for a test: its home and what is in it. */
export interface Machine {
  readonly home: string;
  /** `~/.kube/config`. */
  readonly kubeconfig: string;
  readonly env: NodeJS.ProcessEnv;
  /** Puts a program on PATH in the place of the AWS CLI. */
  installAws(script: string): Promise<void>;
  /** Runs `npx envoy-poc access` there; of `--json` also what it printed. */
  run(...argv: string[]): Promise<Recorded>;
  /** Runs `npx envoy-poc access --json` there. @returns of each check its status and what was seen, and what is next */
  report(...argv: string[]): Promise<ReturnType<typeof checksById>>;
}

/** What the stand-in for the AWS CLI gives as a token. */
export const token = 'k8s-aws-v1.of-the-stand-in';

/**
 * A program that does what the AWS CLI does for a kubeconfig, as far as access uses it, for a machine without the real one.
 *
 * @param arn the cluster's, by which everything is named
 */
export function awsStandIn(
  arn: string,
  { endpoint, certificateAuthority }: Omit<ApiServer, 'tokens'>,
): string {
  const apiVersion = 'client.authentication.k8s.io/v1beta1';
  const cluster = { server: endpoint, 'certificate-authority-data': certificateAuthority };
  const exec = { apiVersion, command: 'aws', args: ['eks', 'get-token'] };
  const kubeconfig = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': arn },
    clusters: [{ name: arn, cluster }],
    contexts: [{ name: arn, context: { cluster: arn, user: arn } }],
    users: [{ name: arn, user: { exec } }],
  };
  return `#!/bin/sh
case "$*" in
  *get-token*) echo '${JSON.stringify({ kind: 'ExecCredential', apiVersion, status: { token } })}';;
  *update-kubeconfig*)
    file=\${KUBECONFIG:-$HOME/.kube/config}
    while [ $# -gt 0 ]; do [ "$1" = --kubeconfig ] && file=$2; shift; done
    [ -e "$file" ] && did='Updated' || did='Added new'
    echo '${JSON.stringify(kubeconfig)}' > "$file" && echo "$did context ${arn} to $file";;
esac
`;
}

/** Keys that are nobody's, as AWS's documentation uses them. */
const keys = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };

const profileText = `[profile avive-cfndev-k8s]
aws_access_key_id = ${keys.id}
aws_secret_access_key = ${keys.secret}
sso_region = eu-west-1
`;

/** Sets a machine up, for this process too, for as long as a test runs. */
export async function machineOf(situation: Situation = {}): Promise<Machine> {
  const home = await mkdtemp(join(tmpdir(), 'access-'));
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(home, { recursive: true });
  });
  for (const layer of ['network', 'cluster', 'workloads']) {
    const to = join(home, 'projects', layer);
    await mkdir(to, { recursive: true });
    await cp(join(root, 'projects', layer, 'Pulumi.yaml'), join(to, 'Pulumi.yaml'));
    const own = Object.entries(situation.config ?? {}).filter(([key]) => key.startsWith(`${layer}:`));
    const common = { 'aws:region': 'us-east-1', 'aws:profile': 'set-cfndev-ina-a' };
    await writeFile(
      join(to, 'Pulumi.dev.yaml'),
      stringify({ config: { ...common, ...Object.fromEntries(own) } }),
    );
  }
  await mkdir(join(home, 'bin'));
  const installAws = (script: string) => writeFile(join(home, 'bin', 'aws'), script, { mode: 0o755 });
  if (situation.aws !== undefined) await installAws(situation.aws);
  const kubeconfig = join(home, '.kube', 'config');
  if (situation.kubeconfig !== undefined) {
    await mkdir(join(home, '.kube'));
    await writeFile(kubeconfig, situation.kubeconfig);
  }
  await writeFile(join(home, 'aws-config'), situation.awsConfig ?? profileText);
  const set = {
    HOME: home,
    // Nothing else: this machine may have an AWS CLI.
    PATH: join(home, 'bin'),
    AWS_CONFIG_FILE: join(home, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'none'),
    KUBECONFIG: undefined,
    AWS_PROFILE: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_REGION: undefined,
    AWS_ENDPOINT_URL: undefined,
    ...situation.env,
  };
  for (const [name, value] of Object.entries(set)) vi.stubEnv(name, value);
  const env = { ...process.env };
  const run: Machine['run'] = (...argv) => runRecorded(access, argv, home, env);
  return {
    ...{ home, kubeconfig, env, run, installAws },
    report: async (...argv) => checksById(await run('--json', ...argv)),
  };
}
