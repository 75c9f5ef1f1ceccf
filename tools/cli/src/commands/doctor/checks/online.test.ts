import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeNatGatewaysCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  DescribeAddonVersionsCommand,
  DescribeClusterCommand,
  EKSClient,
  ListNodegroupsCommand,
} from '@aws-sdk/client-eks';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { platformFileOf } from '@envoy-poc/layers';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { runChecks, type Status } from '#runtime';
import { offlineChecks, onlineChecks } from '../cli.ts';
import { contextOf, resultOf, type Situation } from '../testing/workspace.ts';

const checks = [...offlineChecks, ...onlineChecks];
const [sts, s3, ec2, quotas, ecr, eks] = [
  mockClient(STSClient),
  mockClient(S3Client),
  mockClient(EC2Client),
  mockClient(ServiceQuotasClient),
  mockClient(ECRClient),
  mockClient(EKSClient),
];

const { bucket } = platformFileOf(join(import.meta.dirname, '../../../../../..')).state;
const digest = `sha256:${'a'.repeat(64)}`;
const image = `123456789012.dkr.ecr.us-east-1.amazonaws.com/cfndev-envoy-proxy-poc-app@${digest}`;
const pushed = {
  ...{ 'workloads:serverImage': image, 'workloads:clientImage': image },
  ...{ 'workloads:admission': 'exact', 'workloads:pickerImage': image },
};

/** An error as the SDK throws it. */
const sdkError = (name: string, status = 400) =>
  Object.assign(new Error(`message of ${name}`), { name, $metadata: { httpStatusCode: status } });

/** An account where all is well. */
beforeEach(() => {
  for (const client of [sts, s3, ec2, quotas, ecr, eks]) client.reset();
  const arn = 'arn:aws:sts::123456789012:assumed-role/engineer/me';
  sts.on(GetCallerIdentityCommand).resolves({ Account: '123456789012', Arn: arn });
  s3.on(HeadBucketCommand).resolves({});
  s3.on(GetBucketVersioningCommand).resolves({ Status: 'Enabled' });
  s3.on(GetBucketEncryptionCommand).resolves({
    ServerSideEncryptionConfiguration: {
      Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
  });
  s3.on(ListObjectsV2Command).resolves({ KeyCount: 1 });
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: 'u' });
  s3.on(AbortMultipartUploadCommand).resolves({});
  ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [{ VpcId: 'vpc-1', CidrBlock: '172.31.0.0/16' }] });
  ec2.on(DescribeAddressesCommand).resolves({ Addresses: [] });
  ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: [] });
  ec2.on(DescribeSubnetsCommand).resolves({ Subnets: [{ SubnetId: 's-1', AvailabilityZone: 'us-east-1a' }] });
  ec2.on(DescribeInstancesCommand).resolves({ Reservations: [] });
  ec2.on(DescribeInstanceTypesCommand).resolves({ InstanceTypes: [{ VCpuInfo: { DefaultVCpus: 2 } }] });
  quotas.on(GetServiceQuotaCommand).resolves({ Quota: { Value: 5 } });
  ecr.on(BatchGetImageCommand).resolves({ images: [{}] });
  eks.on(DescribeClusterCommand).rejects(sdkError('ResourceNotFoundException', 404));
  eks.on(ListNodegroupsCommand).resolves({ nodegroups: [] });
  const offered = ['v1.21.1-eksbuild.3', 'v1.33.8-eksbuild.4', 'v1.13.2-eksbuild.1', 'v1.3.10-eksbuild.2'];
  eks.on(DescribeAddonVersionsCommand).resolves({
    addons: [{ addonVersions: offered.map((addonVersion) => ({ addonVersion })) }],
  });
});

afterAll(() => {
  for (const client of [sts, s3, ec2, quotas, ecr, eks]) client.restore();
});

test('every check is well in an account where all is, but for what AWS ends', async () => {
  const context = await contextOf({ config: pushed });
  const results = await runChecks(checks, context, { signal: new AbortController().signal });
  const odd = results.filter(({ status }) => status !== 'pass').map(({ id, status }) => `${id} ${status}`);
  expect(odd, JSON.stringify(results, null, 2)).toEqual(['vpc-range warn', 'kubernetes-support warn']);
  // Nothing is left behind by looking.
  expect(s3.commandCalls(CreateMultipartUploadCommand)).toHaveLength(1);
  expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
});

interface Case extends Situation {
  account: () => unknown;
  check: string;
  status: Status;
  seen: RegExp;
  next?: RegExp;
}

const fullQuota = /5 of 5 are used; 1 more are needed/;
const increase = /^aws service-quotas request-service-quota-increase .*--desired-value 6 --region us-east-1$/;

const cases: Record<string, Case> = {
  "a cluster of another stack's": {
    account: () =>
      eks.on(DescribeClusterCommand).resolves({ cluster: { version: '1.33', tags: { stack: 'staging' } } }),
    ...{ check: 'cluster-step', status: 'fail', seen: /belongs to stack staging/, next: /cluster:name/ },
  },
  'an add-on build that is offered no more': {
    account: () => eks.on(DescribeAddonVersionsCommand).resolves({ addons: [] }),
    ...{
      check: 'addon-builds',
      status: 'fail',
      seen: /EKS offers no vpc-cni/,
      next: /cluster:vpcCniVersion/,
    },
  },
  'a session that is over': {
    account: () => sts.on(GetCallerIdentityCommand).rejects(sdkError('ExpiredTokenException')),
    ...{ check: 'identity', status: 'fail', seen: /does not take the credentials: Expired/ },
    next: /^aws sso login --profile set-cfndev-ina-a$/,
  },
  'another account than configured': {
    account: () => {},
    config: { 'aws:allowedAccountIds': ['999999999999'] },
    ...{
      check: 'identity',
      status: 'fail',
      seen: /in account 123456789012; the stack belongs to 999999999999/,
    },
    next: /^aws configure --profile set-cfndev-ina-a, with keys that are valid, after a look at/,
  },
  'another account than the profile is for': {
    account: () => {},
    awsConfig: '[profile set-cfndev-ina-a]\nsso_account_id = 111111111111\naws_access_key_id = x\n',
    ...{
      check: 'identity',
      status: 'fail',
      seen: /the stack belongs to 111111111111/,
      next: /sso_account_id/,
    },
  },
  'another region in the environment': {
    account: () => {},
    env: { AWS_REGION: 'eu-west-1' },
    ...{
      check: 'identity',
      status: 'warn',
      seen: /AWS_REGION is eu-west-1/,
      next: /export AWS_REGION=us-east-1/,
    },
  },
  'no network': {
    account: () =>
      sts
        .on(GetCallerIdentityCommand)
        .rejects(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })),
    ...{ check: 'identity', status: 'fail', seen: /cannot be reached in us-east-1/, next: /--offline/ },
  },
  'no bucket': {
    account: () => s3.on(HeadBucketCommand).rejects(sdkError('NotFound', 404)),
    ...{ check: 'state-bucket', status: 'fail', seen: new RegExp(`no bucket ${bucket}`) },
    next: new RegExp(`^aws s3 mb s3://${bucket} --region us-east-1`),
  },
  'a bucket of somebody else': {
    account: () => s3.on(HeadBucketCommand).rejects(sdkError('Forbidden', 403)),
    ...{ check: 'state-bucket', status: 'fail', seen: /s3:ListBucket is not allowed/, next: /give the role/ },
  },
  'no versioning': {
    account: () => s3.on(GetBucketVersioningCommand).resolves({}),
    ...{
      check: 'state-versions',
      status: 'fail',
      seen: /versioning of .* is off/,
      next: /put-bucket-versioning/,
    },
  },
  'no encryption': {
    account: () =>
      s3.on(GetBucketEncryptionCommand).rejects(sdkError('ServerSideEncryptionConfigurationNotFoundError')),
    ...{
      check: 'state-encryption',
      status: 'fail',
      seen: /no default encryption/,
      next: /put-bucket-encryption/,
    },
  },
  'a prefix that cannot be written': {
    account: () => s3.on(CreateMultipartUploadCommand).rejects(sdkError('AccessDenied', 403)),
    ...{
      check: 'state-prefix',
      status: 'fail',
      seen: /s3:PutObject on .*\/envoy-poc\/\* is not allowed/,
      next: /give/,
    },
  },
  'state that is not in S3': {
    account: () => {},
    env: { PULUMI_BACKEND_URL: 'file:///state' },
    ...{ check: 'state-bucket', status: 'skipped', seen: /not in S3 but in file:\/\/\/state/ },
  },
  'no room for a VPC': {
    account: () =>
      ec2.on(DescribeVpcsCommand).resolves({ Vpcs: Array(5).fill({ CidrBlock: '10.0.0.0/16' }) }),
    ...{ check: 'quota-vpcs', status: 'fail', seen: fullQuota, next: increase },
  },
  'no room for a VPC, and none is needed': {
    account: () => {
      const tags = [
        { Key: 'project', Value: 'envoy-poc' },
        { Key: 'stack', Value: 'dev' },
      ];
      return ec2
        .on(DescribeVpcsCommand)
        .resolves({ Vpcs: [{ Tags: tags }, ...Array(4).fill({ CidrBlock: '10.0.0.0/16' })] });
    },
    ...{ check: 'quota-vpcs', status: 'pass', seen: /1 of them by this stack; 0 more are needed/ },
  },
  'no room for elastic IPs': {
    account: () => ec2.on(DescribeAddressesCommand).resolves({ Addresses: Array(4).fill({}) }),
    ...{ check: 'quota-addresses', status: 'fail', seen: /4 of 5 are used; 2 more/, next: increase },
  },
  'no room for NAT gateways in a zone': {
    account: () =>
      ec2.on(DescribeNatGatewaysCommand).resolves({ NatGateways: Array(5).fill({ SubnetId: 's-1' }) }),
    ...{ check: 'quota-nat', status: 'warn', seen: /5 of 5 are used in the fullest zone/, next: increase },
  },
  'no room for nodes': {
    account: () =>
      ec2.on(DescribeInstancesCommand).resolves({
        Reservations: [
          { Instances: [{ InstanceType: 'm5.large', CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 } }] },
          { Instances: [{ InstanceType: 'g5.xlarge', CpuOptions: { CoreCount: 2, ThreadsPerCore: 2 } }] },
        ],
      }),
    ...{ check: 'quota-vcpus', status: 'fail', seen: /2 of 5 are used; 4 more/, next: increase },
  },
  'quotas that may not be read': {
    account: () => quotas.on(GetServiceQuotaCommand).rejects(sdkError('AccessDeniedException', 403)),
    ...{
      check: 'quota-vpcs',
      status: 'fail',
      seen: /servicequotas:GetServiceQuota is not allowed/,
      next: /give/,
    },
  },
  'a VPC with the same range': {
    account: () =>
      ec2.on(DescribeVpcsCommand).resolves({ Vpcs: [{ VpcId: 'vpc-2', CidrBlock: '172.245.8.0/24' }] }),
    ...{
      check: 'vpc-overlap',
      status: 'warn',
      seen: /overlaps vpc-2 \(172\.245\.8\.0\/24\)/,
      next: /network:vpcCidr/,
    },
  },
  'an image that is not in ECR': {
    account: () => ecr.on(BatchGetImageCommand).resolves({ images: [] }),
    config: pushed,
    ...{
      check: 'image-server',
      status: 'fail',
      seen: /@sha256:a+ is not in ECR/,
      next: /nx run ws-server:push/,
    },
  },
  'a repository that is not there': {
    account: () => ecr.on(BatchGetImageCommand).rejects(sdkError('RepositoryNotFoundException')),
    config: pushed,
    ...{
      check: 'image-client',
      status: 'fail',
      seen: /is not in ECR/,
      next: /nx run ws-client:push --stack dev/,
    },
  },
  'an image of the endpoint picker that is not in ECR': {
    account: () => ecr.on(BatchGetImageCommand).resolves({ images: [] }),
    config: pushed,
    ...{ check: 'image-picker', status: 'fail', seen: /is not in ECR/, next: /endpoint-picker:push/ },
  },
  'no endpoint picker': {
    account: () => {},
    config: { 'workloads:admission': 'shared' },
    ...{
      check: 'image-picker',
      status: 'skipped',
      seen: /because no picker runs: workloads:admission is shared/,
    },
  },
  'no image yet': {
    account: () => {},
    ...{ check: 'image-server', status: 'skipped', seen: /because none was pushed from here yet/ },
  },
};

test.each(Object.entries(cases))('%s', async (_, { account, check, status, seen, next, ...situation }) => {
  const context = await contextOf(situation);
  account();
  const result = await resultOf(checks, check, context);
  expect(result).toMatchObject({ status, seen: expect.stringMatching(seen) });
  if (next) expect(result.next).toMatch(next);
  if (status === 'fail') expect(result.next).toBeTruthy();
});

test('every online check has a case here in which it fails or warns', () => {
  const shown = new Set(
    Object.values(cases).flatMap(({ check, status }) => (status === 'pass' ? [] : check)),
  );
  expect(onlineChecks.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([]);
});

test('an image file that names no image', async () => {
  const context = await contextOf();
  await mkdir(join(context.root, 'dist/images'), { recursive: true });
  await writeFile(join(context.root, 'dist/images/ws-server.json'), '{"reference": "latest"}');
  const result = await resultOf(checks, 'image-server', context);
  expect(result).toMatchObject({ status: 'fail', seen: expect.stringContaining('names no image by digest') });
});
