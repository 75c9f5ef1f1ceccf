import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiServer } from '@envoy-poc/doubles/cluster';
import { checksById, type Recorded, runRecorded } from '#runtime/testing';
import { testMachine } from '../../testing/machine.ts';
import { access } from '../cli.ts';

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
  const { config = {}, awsConfig = profileText } = situation;
  const { home, env, install } = await testMachine({
    ...{ stacks: { dev: config }, awsConfig, env: situation.env },
  });
  const installAws = (script: string) => install('aws', script);
  if (situation.aws !== undefined) await installAws(situation.aws);
  const kubeconfig = join(home, '.kube', 'config');
  if (situation.kubeconfig !== undefined) {
    await mkdir(join(home, '.kube'));
    await writeFile(kubeconfig, situation.kubeconfig);
  }
  const run: Machine['run'] = (...argv) => runRecorded(access, argv, home, env);
  return {
    ...{ home, kubeconfig, env, run, installAws },
    report: async (...argv) => checksById(await run('--json', ...argv)),
  };
}
