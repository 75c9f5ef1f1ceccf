import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { machineOf } from '@envoy-poc/cli/access/testing';
import { awsEndpoint, certificate, haveOpenssl } from '@envoy-poc/doubles/cluster';
import { haveCluster } from '@envoy-poc/layers/real-cluster';
import { haveCommand } from '@envoy-poc/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

const namespace = 'access-test';
const account = '123456789012';
const callerArn = `arn:aws:sts::${account}:assumed-role/engineer/me`;
const roleArn = `arn:aws:iam::${account}:role/team/engineer`;
const rights = ['see-pods', 'read-logs', 'exec', 'port-forward', 'see-deployments', 'restart'];
const { KUBECONFIG: admin = '', PATH = '' } = process.env;

/** Where the cluster of `KUBECONFIG` is. */
async function realCluster() {
  const { cluster } = parse(await readFile(admin, 'utf8')).clusters[0];
  return {
    endpoint: String(cluster.server),
    certificateAuthority: String(cluster['certificate-authority-data']),
  };
}

/** A machine whose `aws` is the real one, but for the tokens: the cluster knows ServiceAccounts and no IAM. */
async function machineWith(
  token: string,
  { cluster = {}, accessEntries }: { cluster?: object; accessEntries?: readonly string[] } = {},
) {
  const name = `access-${randomUUID()}`;
  const arn = `arn:aws:eks:us-east-1:${account}:cluster/${name}`;
  const endpoint = await awsEndpoint({
    ...{ callerArn, roleArn, cluster: { name, arn, ...(await realCluster()), ...cluster } },
    ...(accessEntries && { accessEntries }),
  });
  const config = { 'workloads:namespace': namespace, 'cluster:name': name };
  const machine = await machineOf({ config, env: { AWS_ENDPOINT_URL: endpoint } });
  const real = execFileSync('sh', ['-c', 'command -v aws'], { encoding: 'utf8', env: { PATH } }).trim();
  const credential = JSON.stringify({
    ...{ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1beta1' },
    status: { token },
  });
  await machine.installAws(`#!/bin/sh
case "$*" in *get-token*) echo '${credential}';; *) PATH='${PATH}' exec ${real} "$@";; esac
`);
  return machine;
}

const run = promisify(execFile);

/** Runs kubectl with a kubeconfig and gives its output, whatever PATH the machine of a test has. */
async function kubectl(kubeconfig: string, ...words: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${process.env.PATH}:${PATH}` };
  return (await run('kubectl', ['--kubeconfig', kubeconfig, ...words], { env })).stdout;
}

/** Runs the kubectl lines of what is to be done next, as whoever administers the cluster. */
async function doNext(next: string) {
  const lines = next.split('\n').filter((line) => line.startsWith('kubectl '));
  expect(lines, next).not.toEqual([]);
  await run('sh', ['-euc', lines.join('\n')], { env: { ...process.env, PATH, KUBECONFIG: admin } });
}

const usable =
  haveCluster() &&
  haveCommand('aws', 'Install the AWS CLI, for example: pip install awscli') &&
  haveOpenssl();

describe.runIf(usable)('on a real cluster', () => {
  const asAdmin = (...words: string[]) => kubectl(admin, ...words);
  beforeAll(async () => {
    await asAdmin('create', 'namespace', namespace);
  });
  afterAll(async () => {
    await asAdmin('delete', 'namespace', namespace);
  });

  test('a ServiceAccount without rights gets them by what is printed', async () => {
    const person = `person-${randomUUID()}`;
    await asAdmin('create', 'serviceaccount', person, '--namespace', namespace);
    const token = (await asAdmin('create', 'token', person, '--namespace', namespace)).trim();
    const machine = await machineWith(token);
    const before = await machine.report();
    onTestFinished(async () => {
      const binding = /clusterrolebinding (\S+)/.exec(before.next['see-nodes'] ?? '')?.[1] ?? '';
      await asAdmin(
        'delete',
        'clusterrole/envoy-poc-see-nodes',
        `clusterrolebinding/${binding}`,
        '--ignore-not-found',
      );
    });
    expect(before.ok).toBe(false);
    expect(before.seen).toMatchObject({
      kubeconfig: expect.stringMatching(
        /^pass by aws eks update-kubeconfig --name access-\S+ .*: Added new context/,
      ),
      endpoint: expect.stringMatching(/^pass https:/),
      'let-in': `pass as system:serviceaccount:${namespace}:${person}`,
      'see-nodes': expect.stringMatching(/^warn system:serviceaccount:\S+ may not/),
    });
    for (const id of rights) {
      expect(before.seen[id]).toBe(
        `fail system:serviceaccount:${namespace}:${person} may not, in namespace ${namespace}`,
      );
    }
    const see = ['get', 'pods', '--namespace', namespace];
    await expect(kubectl(machine.kubeconfig, ...see)).rejects.toThrow('forbidden');

    await doNext(before.next.exec ?? '');
    await doNext(before.next['see-nodes'] ?? '');
    const after = await machine.report();
    expect(after.ok, JSON.stringify(after.seen, null, 2)).toBe(true);
    for (const id of rights) expect(after.seen[id]).toBe(`pass in namespace ${namespace}`);
    expect(after.seen['see-nodes']).toBe('pass in the cluster');
    // kubectl itself agrees, by the kubeconfig that was written.
    await kubectl(machine.kubeconfig, ...see);
  });

  test('a token that the cluster does not know', async () => {
    const machine = await machineWith('not-a-token');
    const { seen, next } = await machine.report();
    expect(seen['let-in']).toBe(
      `fail the API server does not let ${callerArn} in: no access entry names ${roleArn}`,
    );
    expect(next['let-in']).toContain(
      `pulumi config set --path 'cluster:adminPrincipalArns[0]' ${roleArn} --stack dev`,
    );
    const named = await (await machineWith('not-a-token', { accessEntries: [roleArn] })).report();
    expect(named.seen['let-in']).toContain(`there is an access entry for ${roleArn}`);
  });

  test('another authority, and a port where nobody listens', async () => {
    const cert = Buffer.from(certificate().cert).toString('base64');
    const other = await (await machineWith('x', { cluster: { certificateAuthority: cert } })).report();
    expect(other.seen.endpoint).toMatch(
      /^fail .* shows a certificate that is not of the cluster's authority/,
    );
    const closed = await (await machineWith('x', { cluster: { endpoint: 'https://127.0.0.1:1' } })).report();
    expect(closed.seen.endpoint).toMatch(/^fail .* cannot be reached: connect ECONNREFUSED/);
    expect(closed.seen['let-in']).toMatch(/^skipped/);
  });
});
