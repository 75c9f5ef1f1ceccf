import { readFile, stat } from 'node:fs/promises';
import { DescribeClusterCommand, EKSClient, ListAccessEntriesCommand } from '@aws-sdk/client-eks';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type ApiServer, apiServer, certificate, haveOpenssl } from '@envoy-poc/doubles/cluster';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { awsStandIn, type Machine, machineOf, token } from './testing/workspace.ts';

const [sts, eks, iam] = [mockClient(STSClient), mockClient(EKSClient), mockClient(IAMClient)];

const account = '123456789012';
const roleName = 'AWSReservedSSO_K8s_0123456789abcdef';
const caller = `arn:aws:sts::${account}:assumed-role/${roleName}/me@example.com`;
const role = `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/eu-west-1/${roleName}`;

/** An error as the SDK throws it. */
const sdkError = (name: string, status = 400) =>
  Object.assign(new Error(`message of ${name}`), { name, $metadata: { httpStatusCode: status } });

/** The cluster's ARN; each test has one of its own, as tokens are kept by the name of a user. */
let clusterArn: string;
let count = 0;

beforeEach(() => {
  for (const client of [sts, eks, iam]) client.reset();
  clusterArn = `arn:aws:eks:us-east-1:${account}:cluster/envoy-poc-${++count}`;
  sts.on(GetCallerIdentityCommand).resolves({ Account: account, Arn: caller });
  iam.on(GetRoleCommand).resolves({ Role: { Arn: role } as never });
  eks.on(ListAccessEntriesCommand).resolves({ accessEntries: [] });
});

afterAll(() => {
  for (const client of [sts, eks, iam]) client.restore();
});

/** EKS shows the cluster, with this API server; so does the AWS CLI of a machine. */
async function clusterAt(server: Omit<ApiServer, 'tokens'>, machine?: Machine) {
  const { endpoint, certificateAuthority } = server;
  await machine?.installAws(awsStandIn(clusterArn, server));
  eks.on(DescribeClusterCommand, { name: 'envoy-poc' }).resolves({
    cluster: {
      arn: clusterArn,
      status: 'ACTIVE',
      endpoint,
      certificateAuthority: { data: certificateAuthority },
    },
  });
}

const line = 'aws eks update-kubeconfig --name envoy-poc --region us-east-1 --profile avive-cfndev-k8s';

const anybody = { userOf: () => caller };
const nobody = { userOf: () => undefined };

describe.runIf(haveOpenssl())('with an API server', () => {
  test('a kubeconfig that works, and every right', async () => {
    const machine = await machineOf();
    const server = await apiServer(anybody);
    await clusterAt(server, machine);
    const { ok, seen } = await machine.report();
    expect(ok, JSON.stringify(seen, null, 2)).toBe(true);
    expect(seen).toMatchObject({
      settings: 'pass cluster envoy-poc in us-east-1, as profile avive-cfndev-k8s',
      identity: `pass ${caller}`,
      cluster: `pass ${clusterArn}`,
      kubeconfig: `pass by ${line}: Added new context ${clusterArn} to ${machine.kubeconfig}`,
      endpoint: `pass ${server.endpoint}`,
      'let-in': `pass as ${caller}`,
      'see-pods': 'pass in namespace envoy-poc',
      'see-nodes': 'pass in the cluster',
    });
    const written = parse(await readFile(machine.kubeconfig, 'utf8'));
    expect(written['current-context']).toBe(clusterArn);
    // The token came from the program that the kubeconfig names.
    expect([...server.tokens]).toEqual([token]);
    expect((await machine.report()).seen.kubeconfig).toMatch(/^pass .* Updated context/);
  });

  test('without the AWS CLI, what to install', async () => {
    const machine = await machineOf();
    await clusterAt(await apiServer(anybody));
    const { ok, seen, next } = await machine.report();
    expect(ok).toBe(false);
    expect(seen.kubeconfig).toBe(
      'fail no aws on PATH; it writes the kubeconfig, and kubectl asks it for tokens',
    );
    expect(next.kubeconfig).toMatch(/^install version 2: https:/);
    expect(seen['let-in']).toMatch(/^skipped/);
    await expect(stat(machine.kubeconfig)).rejects.toThrow('ENOENT');
  });

  test('no token and no key is printed', async () => {
    const machine = await machineOf();
    await clusterAt(await apiServer(nobody), machine);
    const { code, stdout, stderr } = await machine.run();
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ FAIL {2}the API server lets you in/);
    for (const secret of ['k8s-aws-v1', 'AKIAIOSFODNN7EXAMPLE', 'wJalrX']) {
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('somebody whom no access entry names', async () => {
    const machine = await machineOf({ config: { 'cluster:adminPrincipalArns': ['arn:aws:iam::1:role/x'] } });
    await clusterAt(await apiServer(nobody), machine);
    const { ok, seen, next } = await machine.report();
    expect(ok).toBe(false);
    expect(seen['let-in']).toBe(
      `fail the API server does not let ${caller} in: no access entry names ${role}`,
    );
    expect(next['let-in']).toBe(
      `(cd projects/cluster && pulumi config set --path 'cluster:adminPrincipalArns[1]' ${role} --stack dev)\n` +
        'npx nx run cluster:deploy --stack dev\nnpx envoy-poc access --stack dev --profile avive-cfndev-k8s',
    );
    expect(seen['see-pods']).toBe('skipped because "the API server lets you in" failed');
  });

  test('somebody without some rights is told what gives them', async () => {
    const machine = await machineOf();
    await clusterAt(await apiServer({ ...anybody, may: (right) => /^(list|get) pods/.test(right) }), machine);
    const { ok, seen, next } = await machine.report();
    expect(ok).toBe(false);
    expect(seen).toMatchObject({
      'see-pods': 'pass in namespace envoy-poc',
      'read-logs': 'pass in namespace envoy-poc',
      exec: `fail ${caller} may not, in namespace envoy-poc`,
      'see-nodes': `warn ${caller} may not; only kubectl get nodes needs it`,
    });
    expect(next.exec).toContain(
      `kubectl create rolebinding envoy-poc-example-com --clusterrole=edit --user='${caller}' --namespace envoy-poc`,
    );
  });

  test('an authority that is not the one of the server', async () => {
    const machine = await machineOf();
    const { endpoint } = await apiServer(anybody);
    const other = Buffer.from(certificate().cert).toString('base64');
    await clusterAt({ endpoint, certificateAuthority: other }, machine);
    const { seen, next } = await machine.report();
    expect(seen.endpoint).toMatch(
      /^fail https:.* shows a certificate that is not of the cluster's authority/,
    );
    expect(next.endpoint).toMatch(/HTTPS_PROXY/);
    expect(seen['let-in']).toBe('skipped because "the API server is reached" failed');
  });

  test('an authority that is none', async () => {
    const machine = await machineOf();
    const { endpoint } = await apiServer(anybody);
    await clusterAt({ endpoint, certificateAuthority: Buffer.from('none').toString('base64') });
    expect((await machine.report()).seen.endpoint).toMatch(/^fail https:.* not of the cluster's authority/);
  });

  test('a kubeconfig that cannot be written', async () => {
    const server = await apiServer(anybody);
    await clusterAt(server);
    const machine = await machineOf({ kubeconfig: 'clusters: {' });
    const failed = async (...words: string[]) => (await machine.report(...words)).seen;
    expect(await failed()).toMatchObject({
      kubeconfig: expect.stringMatching(
        /^fail .*config is not a kubeconfig, and was left as it is: invalid YAML/,
      ),
      endpoint: `pass ${server.endpoint}`,
      'let-in': 'skipped because "the kubeconfig is written" failed',
    });
    expect(await readFile(machine.kubeconfig, 'utf8')).toBe('clusters: {');
    const file = `${machine.home}/aws-config/config`;
    expect((await failed('--kubeconfig', file)).kubeconfig).toMatch(
      /^fail .*aws-config\/config cannot be (read|written)/,
    );
  });

  test('a port where nobody listens', async () => {
    const machine = await machineOf();
    const { certificateAuthority } = await apiServer(anybody);
    await clusterAt({ endpoint: 'https://127.0.0.1:1', certificateAuthority });
    const { seen, next } = await machine.report();
    expect(seen.endpoint).toMatch(/^fail https:\/\/127\.0\.0\.1:1 cannot be reached: connect ECONNREFUSED/);
    expect(next.endpoint).toContain(
      'aws eks describe-cluster --name envoy-poc --region us-east-1 --profile avive-cfndev-k8s',
    );
  });

  test('a program for tokens that fails says why', async () => {
    const machine = await machineOf();
    const server = await apiServer(anybody);
    await clusterAt(server);
    const fails = '#!/bin/sh\ncase "$*" in *get-token*) echo "Token has expired" >&2; exit 255;; esac\n';
    await machine.installAws(fails + awsStandIn(clusterArn, server));
    const { seen } = await machine.report();
    expect(seen['let-in']).toBe(`fail ${server.endpoint} cannot be asked: Token has expired`);
  });
});

describe('what AWS says', () => {
  const eksError = (name: string, status?: number) =>
    eks.on(DescribeClusterCommand).rejects(sdkError(name, status));
  const statusIs = (status: string) =>
    eks.on(DescribeClusterCommand).resolves({ cluster: { name: 'envoy-poc', status: status as never } });

  const cases: Record<
    string,
    { given: () => unknown; check: string; seen: RegExp; next: RegExp; awsConfig?: string }
  > = {
    'no such profile': {
      given: () => {},
      awsConfig: '[profile other]\nregion = x\n',
      check: 'aws-profile',
      seen: /^fail there is no profile avive-cfndev-k8s on this machine \(there are other\)$/,
      next: /^aws configure sso --profile avive-cfndev-k8s$/,
    },
    'nobody has logged in': {
      given: () => {},
      awsConfig: '[profile avive-cfndev-k8s]\nsso_start_url = https://example.awsapps.com/start\n',
      check: 'sso-session',
      seen: /^fail nobody has logged in here$/,
      next: /^aws sso login --profile avive-cfndev-k8s$/,
    },
    'a session that is over': {
      given: () => sts.on(GetCallerIdentityCommand).rejects(sdkError('ExpiredTokenException')),
      check: 'identity',
      seen: /^fail AWS does not take the credentials: ExpiredTokenException/,
      next: /^aws configure --profile avive-cfndev-k8s, with keys that are valid$/,
    },
    'no cluster': {
      given: () => eksError('ResourceNotFoundException', 404),
      check: 'cluster',
      seen: /^fail there is no cluster envoy-poc in us-east-1, in the account of profile avive-cfndev-k8s$/,
      next: /^npx nx run cluster:deploy --stack dev$/,
    },
    'a cluster in the making': {
      given: () => statusIs('CREATING'),
      check: 'cluster',
      seen: /^fail envoy-poc is CREATING$/,
      next: /^aws eks wait cluster-active --name envoy-poc --region us-east-1 --profile avive-cfndev-k8s$/,
    },
    'a cluster that failed': {
      given: () => statusIs('FAILED'),
      check: 'cluster',
      seen: /^fail envoy-poc is FAILED$/,
      next: /^aws eks describe-cluster .* --query cluster\.health$/,
    },
    'a profile that may not look': {
      given: () => eksError('AccessDeniedException', 403),
      check: 'cluster',
      seen: /^fail eks:DescribeCluster is not allowed: AccessDeniedException/,
      next: /give the role of profile avive-cfndev-k8s the action eks:DescribeCluster/,
    },
  };

  test.each(Object.entries(cases))(
    '%s',
    async (_, { given, check, seen: expected, next: way, awsConfig }) => {
      const machine = await machineOf(awsConfig === undefined ? {} : { awsConfig });
      given();
      const { ok, seen, next } = await machine.report();
      expect(ok).toBe(false);
      expect(seen[check]).toMatch(expected);
      expect(next[check]).toMatch(way);
      expect(seen['let-in']).toMatch(/^skipped because/);
      // Nothing is written for a cluster that cannot be used.
      await expect(stat(machine.kubeconfig)).rejects.toThrow('ENOENT');
    },
  );

  test('a stack without settings', async () => {
    const machine = await machineOf();
    const { seen, next } = await machine.report('--stack', 'other');
    expect(seen.settings).toBe(
      'fail there is no projects/cluster/Pulumi.other.yaml, so cluster has no stack other',
    );
    expect(next.settings).toMatch(/^npx envoy-poc init --stack other makes it/);
  });

  test('bad words end with 2', async () => {
    const machine = await machineOf();
    expect(await machine.run('--profil')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("'--profil'"),
    });
    expect(await machine.run('token')).toMatchObject({ code: 2 });
    const { code, stdout } = await machine.run('--help');
    expect(code).toBe(0);
    for (const word of ['--stack', '--json', '--profile', '--kubeconfig', 'current context'])
      expect(stdout).toContain(word);
  });
});
