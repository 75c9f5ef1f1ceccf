import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type CheckResult, isWell, runChecks, type Status } from '#runtime';
import { offlineChecks } from '../cli.ts';
import { contextOf, resultOf, type Situation } from '../testing/workspace.ts';

/** What a check says of a situation: how it ends, what it sees, what is to do next. */
interface Case extends Situation {
  check: string;
  status: Status;
  seen: string | RegExp;
  next?: string | RegExp;
}

/** Written by Pulumi 3.250.0, for the passphrase "correct horse battery staple". */
const salt = 'v1:nvH5hrEcV5g=:v1:DIMu7AlICR1GhLgE:FWuy3IEsYNn265T0xDMfDJYhDyt65Q==';

const answer = (stdout: string) => ({ code: 0, stdout, stderr: '' });

/** What `pulumi stack ls --json` says. */
const stackList = (resources: Record<string, number>) => ({
  ...{ code: 0, stderr: '' },
  stdout: JSON.stringify(Object.entries(resources).map(([name, resourceCount]) => ({ name, resourceCount }))),
});

const cases: Record<string, Case> = {
  'packages that are not those of the lockfile': {
    ...{ check: 'packages', installed: { '@pulumi/aws': '7.1.0' } },
    ...{ status: 'fail', seen: '@pulumi/aws is 7.1.0, the lockfile says 7.48.0', next: 'npm ci' },
  },
  'no pulumi': {
    ...{ check: 'pulumi', tools: { pulumi: undefined } },
    ...{ status: 'fail', seen: 'no pulumi on PATH', next: /install it: https/ },
  },
  'a pulumi that is too old': {
    ...{ check: 'pulumi', tools: { pulumi: answer('v3.249.9') } },
    ...{ status: 'fail', seen: '3.249.9; 3.250.0 or newer is needed', next: /upgrade it/ },
  },
  'a pulumi older than the SDK': {
    ...{ check: 'pulumi', tools: { pulumi: answer('v3.250.0') } },
    ...{ status: 'warn', seen: /older than the @pulumi\/pulumi 3\.270\.0/, next: /upgrade/ },
  },
  'no AWS CLI': {
    ...{ check: 'aws-cli', tools: { aws: undefined } },
    ...{ status: 'fail', seen: /no aws on PATH/, next: /install version 2/ },
  },
  'an AWS CLI of version 1': {
    ...{ check: 'aws-cli', tools: { aws: answer('aws-cli/1.45.11 Python/3.11') } },
    ...{ status: 'fail', seen: /1\.45\.11 has no aws sso login/, next: /install version 2/ },
  },
  'a broken configuration of the AWS CLI': {
    check: 'aws-cli',
    tools: {
      aws: {
        code: 1,
        stdout: '',
        stderr: 'botocore.exceptions.ConfigParseError: Unable to parse config file: /home/me/.aws/config\n',
      },
    },
    ...{ status: 'fail', seen: 'the AWS CLI cannot read /home/me/.aws/config: it is broken' },
    next: 'mend or move /home/me/.aws/config',
  },
  'no kubectl': {
    ...{ check: 'kubectl', tools: { kubectl: undefined } },
    ...{ status: 'warn', seen: /no kubectl on PATH/, next: /install it/ },
  },
  'a kubectl far from the cluster': {
    ...{ check: 'kubectl', tools: { kubectl: answer('{"gitVersion": "v1.29.1"}') } },
    ...{ status: 'warn', seen: /1\.29\.1 is 4 minor versions away/, next: /install kubectl 1\.33/ },
  },
  'a stack that is not set up': {
    ...{ check: 'stack-files', withoutFile: ['platform'] },
    ...{
      status: 'fail',
      seen: /no projects\/platform\/Pulumi\.dev\.yaml/,
      next: /^npx envoy-poc init --stack dev makes it/,
    },
  },
  'no passphrase': {
    ...{ check: 'secrets', env: { PULUMI_CONFIG_PASSPHRASE: undefined } },
    ...{
      status: 'fail',
      seen: /neither a passphrase.*network, cluster/,
      next: /^export PULUMI_CONFIG_PASSPHRASE/,
    },
  },
  'a passphrase in a file that is not there': {
    check: 'secrets',
    env: { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: '/nowhere' },
    ...{ status: 'fail', seen: /PASSPHRASE_FILE cannot be read: .*\/nowhere/, next: /^export PULUMI/ },
  },
  'another passphrase than the one the stack was made with': {
    ...{ check: 'secrets', salt, env: { PULUMI_CONFIG_PASSPHRASE: 'correct horse' } },
    ...{
      status: 'fail',
      seen: 'the passphrase is not the one that stack dev of network was made with',
      next: /^export PULUMI_CONFIG_PASSPHRASE/,
    },
  },
  'the passphrase that the stack was made with': {
    ...{ check: 'secrets', salt, env: { PULUMI_CONFIG_PASSPHRASE: 'correct horse battery staple' } },
    ...{ status: 'pass', seen: /the passphrase opens 1 of them$/ },
  },
  'no region': {
    ...{ check: 'place', config: { 'aws:region': undefined } },
    ...{ status: 'fail', seen: /aws:region of network/, next: /pulumi config set aws:region/ },
  },
  'a range on the wrong boundary': {
    ...{ check: 'config-network', config: { 'network:vpcCidr': '10.64.0.1/16' } },
    ...{
      status: 'fail',
      seen: /network:vpcCidr = "10\.64\.0\.1\/16".*try 10\.64\.0\.0\/16/,
      next: /pulumi config set network:vpcCidr/,
    },
  },
  'zones that are not as many as said': {
    ...{ check: 'config-network', config: { 'network:zones': ['us-east-1a'] } },
    ...{ status: 'fail', seen: /1 zones named, but zoneCount is 2/, next: /network:zones/ },
  },
  'a kube-proxy of another version': {
    ...{ check: 'config-cluster', config: { 'cluster:version': '1.34' } },
    ...{
      status: 'fail',
      seen: /kubeProxyVersion.*cluster:version, which is 1\.34/,
      next: /cluster:kubeProxyVersion/,
    },
  },
  'a repository prefix in capitals': {
    ...{ check: 'config-registry', config: { 'registry:repositoryPrefix': 'POC' } },
    ...{ status: 'fail', seen: /lower case/, next: /registry:repositoryPrefix/ },
  },
  'an old chart': {
    ...{ check: 'config-platform', config: { 'platform:chartVersion': '1.13.4' } },
    ...{ status: 'fail', seen: /3\.0\.0 or newer/, next: /platform:chartVersion/ },
  },
  'message times the wrong way round': {
    ...{ check: 'config-workloads', config: { 'workloads:messageIntervalMinSeconds': 30 } },
    ...{ status: 'fail', seen: /at most messageIntervalMaxSeconds, 20/, next: /messageIntervalMinSeconds/ },
  },
  'a public range': {
    ...{ check: 'vpc-range' },
    ...{ status: 'warn', seen: /172\.245\.0\.0\/16 is public/, next: /network:vpcCidr 10\.64\.0\.0\/16/ },
  },
  'a public range of a network that stands': {
    ...{ check: 'vpc-range', tools: { pulumi: stackList({ dev: 36 }) } },
    ...{
      status: 'warn',
      seen: /172\.245\.0\.0\/16 is public/,
      next: /^leave it: the network stands \(36 resources\)/,
    },
  },
  'a public range where only another stack stands': {
    ...{ check: 'vpc-range', tools: { pulumi: stackList({ staging: 36 }) } },
    ...{
      status: 'warn',
      seen: /172\.245\.0\.0\/16 is public/,
      next: /^before the first deploy: .*vpcCidr 10\.64/,
    },
  },
  'a private range': {
    ...{ check: 'vpc-range', config: { 'network:vpcCidr': '10.99.0.0/16' } },
    ...{ status: 'pass', seen: '10.99.0.0/16, private' },
  },
  'AL2 nodes with 1.33': {
    ...{ check: 'node-image', config: { 'cluster:amiType': 'AL2_x86_64' } },
    ...{ status: 'fail', seen: /AL2 images end at Kubernetes 1\.32/, next: /cluster:amiType/ },
  },
  'AMD nodes with an image for Graviton, and the other way round': {
    ...{ check: 'node-image', config: { 'cluster:instanceType': 't4g.medium' } },
    ...{
      status: 'fail',
      seen: /t4g\.medium has arm64 processors; use AL2023_ARM_64/,
      next: /cluster:amiType/,
    },
  },
  'a version in extended support, from which a cluster takes the next and not the newest': {
    ...{ check: 'kubernetes-support' },
    ...{
      status: 'warn',
      seen: /left standard support on 2026-07-29: 0\.60 \$\/h \(438 \$ a month\)/,
      next: /set cluster:version 1\.34 .* set cluster:kubeProxyVersion v1\.34\.\S+ .*before the first deploy 1\.35.*docs\/upgrading\.md/s,
    },
  },
  'a version in standard support': {
    ...{ check: 'kubernetes-support', today: '2026-07-29T10:00:00Z' },
    ...{ status: 'pass', seen: /standard support until 2026-07-29, 0\.10 \$\/h \(73 \$ a month\)/ },
  },
  'a version that EKS makes no more': {
    ...{ check: 'kubernetes-support', today: '2027-08-01T10:00:00Z' },
    ...{ status: 'fail', seen: /left extended support on 2027-07-29/, next: /cluster:version 1\.34/ },
  },
  'a version that is not known': {
    check: 'kubernetes-support',
    config: { 'cluster:version': '1.50', 'cluster:kubeProxyVersion': 'v1.50.1-eksbuild.1' },
    ...{ status: 'warn', seen: /not in the table/, next: /describe-cluster-versions/ },
  },
  'nodes too few for what is planned': {
    ...{ check: 'pod-room', config: { 'cluster:minNodes': 1 } },
    ...{
      status: 'fail',
      seen: /cluster:minNodes = 1: 1 x t3\.medium hold 17 pods, and 26 are planned/,
      next: /cluster:minNodes/,
    },
  },
  'more clients than the nodes hold': {
    ...{ check: 'pod-room', config: { 'workloads:clientReplicas': 30 } },
    ...{
      status: 'fail',
      seen: /workloads:clientReplicas = 30: 2 nodes of t3\.medium hold 34/,
      next: /clientReplicas/,
    },
  },
  'a ping slower than the load balancer': {
    ...{ check: 'idle-times', config: { 'workloads:albIdleTimeoutSeconds': 20 } },
    ...{ status: 'fail', seen: /cut by the load balancer after 20 s/, next: /workloads:pingIntervalSeconds/ },
  },
  'an edge that waits shorter than the load balancer': {
    ...{ check: 'idle-times', config: { 'workloads:streamIdleTimeoutSeconds': 300 } },
    ...{ status: 'fail', seen: /albIdleTimeoutSeconds = 300/, next: /workloads:albIdleTimeoutSeconds/ },
  },
  'demand and capacity, in words': {
    ...{ check: 'capacity', config: { 'workloads:connectionsPerPod': 2 } },
    ...{ status: 'pass', seen: /ask for 50 connections; 4 pods of 2 hold 8: 8 open and 42 refused/ },
  },
  'more attempts than are admitted': {
    ...{ check: 'capacity', config: { 'workloads:attemptIntervalSeconds': 2 } },
    ...{ status: 'warn', seen: /80 % are refused by rate alone/, next: /attemptIntervalSeconds 10/ },
  },
  'no such profile': {
    ...{ check: 'aws-profile', awsConfig: '[profile other]\nregion = us-east-1\n' },
    ...{
      status: 'fail',
      seen: /no profile set-cfndev-ina-a.*there are other/,
      next: 'aws configure sso --profile set-cfndev-ina-a',
    },
  },
};

test('every offline check is well on a machine where all is, but for what AWS ends', async () => {
  const results = await runChecks(offlineChecks, await contextOf(), { signal: new AbortController().signal });
  const odd = results.filter(({ status }) => status !== 'pass').map(({ id, status }) => `${id} ${status}`);
  expect(odd, JSON.stringify(results, null, 2)).toEqual(['vpc-range warn', 'kubernetes-support warn']);
  expect(isWell(results)).toBe(true);
});

test.each(Object.entries(cases))('%s', async (_, { check, status, seen, next, ...situation }) => {
  expectResult(await resultOf(offlineChecks, check, await contextOf(situation)), status, seen, next);
});

test('a profile in one layer that is another in the rest', async () => {
  const context = await contextOf();
  const file = join(context.root, 'projects/cluster/Pulumi.dev.yaml');
  await writeFile(file, 'config: {"aws:region": eu-west-1}\n');
  const result = await resultOf(offlineChecks, 'place', context);
  expectResult(
    result,
    'fail',
    'cluster has aws:region eu-west-1, network us-east-1',
    /set aws:region us-east-1/,
  );
});

test('every check that can fail offline has a case here', () => {
  const shown = new Set(
    Object.values(cases).flatMap(({ check, status }) => (status === 'pass' ? [] : check)),
  );
  const elsewhere = ['node', 'sibling-stacks', 'state-place', 'sso-session'];
  expect(offlineChecks.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual(elsewhere);
});

test('a Node.js that cannot run the programs', async () => {
  vi.spyOn(process, 'version', 'get').mockReturnValue('v20.18.0');
  const result = await resultOf(offlineChecks, 'node', await contextOf());
  expectResult(result, 'fail', /v20\.18\.0 runs this; package\.json wants \^20\.19/, /npm ci/);
});

describe('an SSO session', () => {
  const awsConfig =
    '[profile set-cfndev-ina-a]\nsso_session = company\nsso_account_id = 123456789012\n' +
    '[sso-session company]\nsso_start_url = https://company.awsapps.com/start\nsso_region = us-east-1\n';
  const login = 'aws sso login --profile set-cfndev-ina-a';
  const token = async (text: string) => {
    const context = await contextOf({ awsConfig });
    vi.stubEnv('HOME', context.env.HOME ?? '');
    const folder = join(context.root, '.aws/sso/cache');
    await mkdir(folder, { recursive: true });
    const name = createHash('sha1').update('company').digest('hex');
    await writeFile(join(folder, `${name}.json`), text);
    return resultOf(offlineChecks, 'sso-session', context);
  };

  test('that lives', async () => {
    expectResult(
      await token('{"expiresAt": "2026-11-23T13:00:00Z", "accessToken": "x"}'),
      'pass',
      /60 minutes/,
    );
  });

  test('that is over', async () => {
    const result = await token('{"expiresAt": "2026-11-23T11:00:00Z", "accessToken": "x"}');
    expectResult(result, 'fail', 'over since 2026-11-23T11:00:00.000Z', login);
  });

  test('that was cut off', async () => {
    expectResult(await token('{"expires'), 'fail', /cannot be read/, login);
  });

  test('that never was', async () => {
    const context = await contextOf({ awsConfig });
    vi.stubEnv('HOME', context.env.HOME ?? '');
    expectResult(
      await resultOf(offlineChecks, 'sso-session', context),
      'fail',
      /nobody has logged in/,
      login,
    );
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function expectResult(
  result: CheckResult,
  status: Status,
  seen: string | RegExp,
  next?: string | RegExp,
): void {
  expect(result.status, JSON.stringify(result)).toBe(status);
  expect(result.seen).toMatch(seen);
  if (next === undefined) expect(result.next).toBeUndefined();
  else expect(result.next).toMatch(next);
}
