import { gzipSync } from 'node:zlib';
import { DescribeVolumesCommand } from '@aws-sdk/client-ec2';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { ListRoleTagsCommand } from '@aws-sdk/client-iam';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { kinds } from './kinds/index.ts';
import { leaveInMocks } from './testing/leave-in-mocks.ts';
import { layerTags, mockAccount } from './testing/mocks.ts';
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
    account: `pass ${account}, by aws:allowedAccountIds; you are arn:aws:iam::${account}:user/me`,
    state: 'pass no layer has a resource in its state',
  });
});

test('a cluster of the same name that is tagged as another stack’s', async () => {
  leaveInMocks(mocks);
  const tags = { project: 'envoy-poc', stack: 'staging' };
  mocks.eks.on(DescribeClusterCommand).resolves({ cluster: { name: 'envoy-poc', tags } });
  const { report } = await workspaceOf();
  expect((await report()).seen).toMatchObject({
    ...{
      clusters: 'pass none',
      'node-groups': 'pass none',
      volumes: 'pass none',
      'load-balancers': 'pass none',
    },
    // Not the log group of the cluster that lives, though EKS made it without tags.
    ...{ 'log-groups': 'fail envoy_poc_flow_logs-dev', vpcs: 'fail vpc-dev' },
  });
});

test('a cluster of the same name without tags is none of ours, nor is its log group', async () => {
  leaveInMocks(mocks);
  mocks.eks.on(DescribeClusterCommand).resolves({ cluster: { name: 'envoy-poc' } });
  const { report } = await workspaceOf();
  expect((await report()).seen).toMatchObject({
    ...{ clusters: 'pass none', 'log-groups': 'fail envoy_poc_flow_logs-dev' },
  });
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
      `fail you are arn:aws:iam::${account}:user/me, in account ${account}; the stack stood in 999999999999, by aws:allowedAccountIds`,
    );
    expect(judged(seen)).toEqual([]);
  });

  test('in another account than the stack last had something in', async () => {
    const arn = 'arn:aws:ec2:us-east-1:888888888888:vpc/vpc-1';
    const state = gzipSync(JSON.stringify({ checkpoint: { latest: { resources: [{ outputs: { arn } }] } } }));
    const folder = 'envoy-poc/.pulumi/history/network/dev/';
    const name = (at: number, suffix = 'checkpoint.json') => ({ Key: `${folder}dev-${at}.${suffix}` });
    mocks.s3.on(ListObjectsV2Command, { Prefix: folder }).resolves({
      Contents: [name(3), name(1, 'checkpoint.json.gz'), name(2, 'history.json')],
    });
    const body = (bytes: Uint8Array) => ({ Body: { transformToByteArray: async () => bytes } as never });
    mocks.s3.on(GetObjectCommand, { Key: name(1, 'checkpoint.json.gz').Key }).resolves(body(state));
    mocks.s3.on(GetObjectCommand, { Key: name(3).Key }).resolves(body(Buffer.from('{"checkpoint": {}}')));
    const { report } = await workspaceOf();
    const { seen, next } = await report();
    expect(seen.account).toBe(
      `fail you are arn:aws:iam::${account}:user/me, in account ${account}; the stack stood in 888888888888, by its state's history`,
    );
    expect(next.account).toBe('aws configure sso --profile set-cfndev-ina-a');
    expect(judged(seen)).toEqual([]);
  });

  test('in another account than the profile is for', async () => {
    const { report } = await workspaceOf({
      stacks: { dev: { 'aws:allowedAccountIds': undefined } },
      awsConfig: '[profile set-cfndev-ina-a]\naws_access_key_id = x\nsso_account_id = 777777777777\n',
    });
    expect((await report()).seen.account).toContain(
      'the stack stood in 777777777777, by the sso_account_id of profile set-cfndev-ina-a',
    );
  });

  test('with a session that is over', async () => {
    mocks.sts.on(GetCallerIdentityCommand).rejects(sdkError('ExpiredTokenException'));
    const { report } = await workspaceOf();
    const { seen, next } = await report();
    expect(seen.account).toMatch(/^fail AWS does not take the credentials: ExpiredTokenException/);
    expect(next.account).toBe('aws configure --profile set-cfndev-ina-a, with keys that are valid');
    expect(judged(seen)).toEqual([]);
  });

  test('without the profile', async () => {
    const { report } = await workspaceOf({ awsConfig: '[profile other]\nregion = x\n' });
    const { seen } = await report();
    expect(seen.account).toBe('fail there is no profile set-cfndev-ina-a on this machine (there are other)');
    expect(judged(seen)).toEqual([]);
  });
});

test('an account of which nothing says whose it is', async () => {
  const { report } = await workspaceOf({ stacks: { dev: { 'aws:allowedAccountIds': undefined } } });
  const { ok, seen, next } = await report();
  expect(ok).toBe(true);
  expect(seen.account).toMatch(/^warn you are .* nothing says that the stack stood in it$/);
  expect(next.account).toContain(`'aws:allowedAccountIds[0]' ${account} --stack dev`);
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

test('what is not allowed is named by what AWS says, not by the first question', async () => {
  leaveInMocks(mocks);
  const denied = Object.assign(sdkError('AccessDenied', 403), {
    message:
      'User: arn:aws:iam::1:user/me is not authorized to perform: iam:ListRoleTags on resource: role x',
  });
  mocks.iam.on(ListRoleTagsCommand).rejects(denied);
  const { report } = await workspaceOf();
  const { seen, next } = await report();
  expect(seen.roles).toMatch(/^fail iam:ListRoleTags is not allowed/);
  expect(next.roles).toBe(
    'let somebody give the role of profile set-cfndev-ina-a the action iam:ListRoleTags',
  );
});

test('bad words end with 2, and no key is printed', async () => {
  const { run } = await workspaceOf();
  expect(await run('--delete')).toMatchObject({ code: 2, stderr: expect.stringContaining("'--delete'") });
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const word of ['--stack', '--json', '--region', 'Deletes nothing']) expect(stdout).toContain(word);
});
