import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { kinds } from './kinds/index.ts';
import { layerTags, leaveInMocks, mockAccount } from './testing/mocks.ts';
import { account, workspaceOf } from './testing/workspace.ts';

const mocks = mockAccount();
beforeEach(() => mocks.reset());
afterAll(() => mocks.restore());

/** An error as the SDK throws it. */
const sdkError = (name: string, status = 400) =>
  Object.assign(new Error(`message of ${name}`), { name, $metadata: { httpStatusCode: status } });

const kindIds = kinds.map(({ id }) => id);

test('an account where nothing is left', async () => {
  const { report } = await workspaceOf();
  const { code, ok, seen } = await report();
  expect({ code, ok }, JSON.stringify(seen, null, 2)).toEqual({ code: 0, ok: true });
  for (const id of kindIds) expect(seen[id]).toBe('pass none');
  expect(seen).toMatchObject({
    settings: 'pass stack dev in us-east-1, cluster envoy-poc',
    account: `pass ${account}, as arn:aws:iam::${account}:user/me`,
    state: 'pass no layer has a resource in its state',
  });
});

/** What is said of each kind when one is left: ids, and commands without `aws`, region and profile. */
const left: Record<string, { ids: string[]; commands: string[] }> = {
  'load-balancers': {
    ids: ['lb-dev'],
    commands: [
      'elbv2 delete-load-balancer --load-balancer-arn lb-dev',
      'elbv2 wait load-balancers-deleted --load-balancer-arns lb-dev',
    ],
  },
  'target-groups': { ids: ['tg-dev'], commands: ['elbv2 delete-target-group --target-group-arn tg-dev'] },
  'node-groups': {
    ids: ['group-dev'],
    commands: [
      'eks delete-nodegroup --cluster-name envoy-poc --nodegroup-name group-dev',
      'eks wait nodegroup-deleted --cluster-name envoy-poc --nodegroup-name group-dev',
    ],
  },
  clusters: {
    ids: ['envoy-poc'],
    commands: ['eks delete-cluster --name envoy-poc', 'eks wait cluster-deleted --name envoy-poc'],
  },
  instances: {
    ids: ['i-dev'],
    commands: [
      'ec2 terminate-instances --instance-ids i-dev',
      'ec2 wait instance-terminated --instance-ids i-dev',
    ],
  },
  volumes: { ids: ['vol-dev'], commands: ['ec2 delete-volume --volume-id vol-dev'] },
  'launch-templates': {
    ids: ['lt-dev'],
    commands: ['ec2 delete-launch-template --launch-template-id lt-dev'],
  },
  'flow-logs': { ids: ['fl-dev'], commands: ['ec2 delete-flow-logs --flow-log-ids fl-dev'] },
  'nat-gateways': {
    ids: ['nat-dev'],
    commands: [
      'ec2 delete-nat-gateway --nat-gateway-id nat-dev',
      'ec2 wait nat-gateway-deleted --nat-gateway-ids nat-dev',
    ],
  },
  'elastic-ips': { ids: ['eipalloc-dev'], commands: ['ec2 release-address --allocation-id eipalloc-dev'] },
  'network-interfaces': {
    ids: ['eni-dev', 'eni-held'],
    commands: [
      'ec2 detach-network-interface --force --attachment-id eni-attach-1',
      'ec2 wait network-interface-available --network-interface-ids eni-held',
      'ec2 delete-network-interface --network-interface-id eni-dev',
      'ec2 delete-network-interface --network-interface-id eni-held',
    ],
  },
  'security-groups': {
    ids: ['sg-dev', 'sg-eks'],
    commands: [
      'ec2 revoke-security-group-ingress --group-id sg-dev --security-group-rule-ids sgr-1',
      'ec2 revoke-security-group-egress --group-id sg-dev --security-group-rule-ids sgr-2',
      'ec2 delete-security-group --group-id sg-dev',
      'ec2 delete-security-group --group-id sg-eks',
    ],
  },
  'internet-gateways': {
    ids: ['igw-dev'],
    commands: [
      'ec2 detach-internet-gateway --internet-gateway-id igw-dev --vpc-id vpc-dev',
      'ec2 delete-internet-gateway --internet-gateway-id igw-dev',
    ],
  },
  subnets: { ids: ['subnet-dev'], commands: ['ec2 delete-subnet --subnet-id subnet-dev'] },
  'route-tables': { ids: ['rtb-dev'], commands: ['ec2 delete-route-table --route-table-id rtb-dev'] },
  vpcs: { ids: ['vpc-dev'], commands: ['ec2 delete-vpc --vpc-id vpc-dev'] },
  'log-groups': {
    ids: ['/aws/eks/envoy-poc/cluster', 'envoy_poc_flow_logs-dev'],
    commands: [
      'logs delete-log-group --log-group-name /aws/eks/envoy-poc/cluster',
      'logs delete-log-group --log-group-name envoy_poc_flow_logs-dev',
    ],
  },
  repositories: {
    ids: ['cfndev-envoy-proxy-poc-dev'],
    commands: ['ecr delete-repository --force --repository-name cfndev-envoy-proxy-poc-dev'],
  },
  'kms-keys': {
    ids: ['key-dev'],
    commands: [
      'kms delete-alias --alias-name alias/x-dev',
      'kms schedule-key-deletion --pending-window-in-days 7 --key-id key-dev',
    ],
  },
  'oidc-providers': {
    ids: ['oidc-dev'],
    commands: ['iam delete-open-id-connect-provider --open-id-connect-provider-arn oidc-dev'],
  },
  roles: {
    ids: ['envoy_poc_role-dev'],
    commands: [
      'iam detach-role-policy --policy-arn arn:aws:iam::aws:policy/Any --role-name envoy_poc_role-dev',
      "iam delete-role-policy --policy-name 'with space' --role-name envoy_poc_role-dev",
      'iam remove-role-from-instance-profile --instance-profile-name eks-1 --role-name envoy_poc_role-dev',
      'iam delete-role --role-name envoy_poc_role-dev',
    ],
  },
  policies: {
    ids: ['policy-dev'],
    commands: [
      'iam delete-policy-version --version-id v1 --policy-arn policy-dev',
      'iam delete-policy --policy-arn policy-dev',
    ],
  },
};

describe('an account where one of each kind is left, and one of another stack', () => {
  const where = ' --region us-east-1 --profile set-cfndev-ina-a';

  test.each(kindIds)('%s', async (id) => {
    leaveInMocks(mocks);
    const { report } = await workspaceOf();
    const { code, seen, next } = await report();
    expect(code).toBe(1);
    expect(seen[id]).toBe(`fail ${left[id]?.ids.join('\n')}`);
    expect(next[id]).toBe(left[id]?.commands.map((words) => `aws ${words}${where}`).join('\n'));
  });

  test('the other stack is never named, and nothing is deleted', async () => {
    leaveInMocks(mocks);
    const { run } = await workspaceOf();
    const { code, stdout } = await run();
    expect(code).toBe(1);
    expect(stdout).not.toMatch(/staging|other/);
    for (const word of ['eni-of-nat', 'vol-of-instance', 'sg-default', 'rtb-main', 'key-going', 'somebody']) {
      expect(stdout).not.toContain(word);
    }
    expect(mocks.asked().filter((name) => !/^(Describe|List|GetCallerIdentity)/.test(name))).toEqual([]);
    // In one piece, to paste.
    expect(stdout.split('This removes it, in this order:\n\n')[1]?.trim().split('\n')).toEqual(
      kindIds.flatMap((id) => left[id]?.commands.map((words) => `aws ${words}${where}`) ?? []),
    );
  });

  test('in another region', async () => {
    leaveInMocks(mocks);
    const { report } = await workspaceOf();
    expect((await report('--region', 'eu-west-1')).next.vpcs).toBe(
      'aws ec2 delete-vpc --vpc-id vpc-dev --region eu-west-1 --profile set-cfndev-ina-a',
    );
  });
});

test('a cluster of the same name that is tagged as another stack’s', async () => {
  leaveInMocks(mocks);
  const tags = { project: 'envoy-poc', stack: 'staging' };
  mocks.eks.on(DescribeClusterCommand).resolves({ cluster: { name: 'envoy-poc', tags } });
  const { report } = await workspaceOf();
  expect((await report()).seen).toMatchObject({ clusters: 'pass none', 'node-groups': 'pass none' });
});

test('a cluster’s name that two stacks have tells nothing', async () => {
  leaveInMocks(mocks);
  const { report } = await workspaceOf({ stacks: { dev: {}, staging: {} } });
  const { seen, next } = await report();
  expect(seen.settings).toBe(
    'warn stack dev in us-east-1; the name of its cluster is also the one of staging, so nothing is known by that name',
  );
  expect(next.settings).toContain('pulumi config set cluster:name <another name> --stack staging');
  expect(seen).toMatchObject({
    ...{ clusters: 'pass none', volumes: 'pass none', 'load-balancers': 'pass none' },
    ...{ 'log-groups': 'fail envoy_poc_flow_logs-dev', vpcs: 'fail vpc-dev' },
  });
});

test('something that is ours by its VPC, but tagged as another stack’s', async () => {
  mocks.ec2
    .on(DescribeVolumesCommand)
    .resolves({ Volumes: [{ VolumeId: 'vol-1', Tags: layerTags('staging') }] });
  const { report } = await workspaceOf();
  expect((await report()).seen.volumes).toBe('pass none');
});

describe('nothing is judged', () => {
  const judged = (seen: Readonly<Record<string, string>>) =>
    kindIds.filter((id) => !seen[id]?.startsWith('skipped because'));
  beforeEach(() => leaveInMocks(mocks));

  test('while the stack has resources', async () => {
    const { report } = await workspaceOf({ resources: 31 });
    const { code, seen, next } = await report();
    expect(code).toBe(1);
    expect(seen.state).toBe(
      'fail dev still has 155 resources (network 31, cluster 31, registry 31, platform 31, workloads 31); what it uses cannot be told from what is left',
    );
    expect(next.state).toBe('npx nx run-many -t destroy --stack dev');
    expect(judged(seen)).toEqual([]);
  });

  test('when nobody can tell whether it has', async () => {
    const { report } = await workspaceOf({ resources: undefined });
    const { seen } = await report();
    expect(seen.state).toBe('fail there is no pulumi on PATH');
    expect(judged(seen)).toEqual([]);
  });

  test('in another account than the settings allow', async () => {
    const { report } = await workspaceOf({ stacks: { dev: { 'aws:allowedAccountIds': ['999999999999'] } } });
    const { code, seen } = await report();
    expect(code).toBe(1);
    expect(seen.account).toBe(
      `fail you are arn:aws:iam::${account}:user/me, in account ${account}; the stack stood in 999999999999`,
    );
    expect(judged(seen)).toEqual([]);
  });

  test('with a session that is over', async () => {
    mocks.sts.on(GetCallerIdentityCommand).rejects(sdkError('ExpiredTokenException'));
    const { report } = await workspaceOf();
    const { seen, next } = await report();
    expect(seen.account).toMatch(/^fail AWS does not take the credentials: ExpiredTokenException/);
    expect(next.account).toBe('aws sso login --profile set-cfndev-ina-a');
    expect(judged(seen)).toEqual([]);
  });

  test('without the profile', async () => {
    const { report } = await workspaceOf({ awsConfig: '[profile other]\nregion = x\n' });
    const { seen } = await report();
    expect(seen.account).toBe('fail there is no profile set-cfndev-ina-a on this machine (there are other)');
    expect(judged(seen)).toEqual([]);
  });
});

test('a kind that may not be looked at is not called empty', async () => {
  mocks.ec2.on(DescribeVolumesCommand).rejects(sdkError('UnauthorizedOperation', 403));
  const { report } = await workspaceOf();
  const { ok, seen, next } = await report();
  expect(ok).toBe(false);
  expect(seen.volumes).toMatch(/^fail ec2:DescribeVolumes is not allowed: UnauthorizedOperation/);
  expect(next.volumes).toContain('ec2:DescribeVolumes');
  expect(seen.vpcs).toBe('pass none');
});

test('bad words end with 2, and no key is printed', async () => {
  const { run } = await workspaceOf();
  expect(await run('--delete')).toMatchObject({ code: 2, stderr: expect.stringContaining("'--delete'") });
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const word of ['--stack', '--json', '--region', 'Deletes nothing']) expect(stdout).toContain(word);
});
