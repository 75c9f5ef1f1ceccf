import { expect, test } from 'vitest';
import type { Resource } from '../account/account.ts';
import { answer } from './data-sources.ts';

const resource = (type: string, id: string, inputs: object, outputs: object = {}): Resource => ({
  ...{ type, id, urn: `urn:pulumi:dev::registry::${type}::${id}` },
  inputs: { ...inputs },
  outputs: { ...outputs },
});
const image = (repositoryName: string, imageDigest: string, imageTags: string[]) =>
  resource('aws:ecr/image:Image', imageDigest, { repositoryName, imageDigest, imageTags });
const account = [
  resource('aws:ec2/securityGroup:SecurityGroup', 'sg-1', { name: 'alb', tags: { layer: 'network' } }),
  resource('aws:ecr/repository:Repository', 'app', {}, { repositoryUrl: 'host/app', registryId: '1' }),
  image('app', 'sha256:old', ['v1']),
  image('app', 'sha256:new', ['v2', 'latest']),
  image('client', 'sha256:client', ['v3']),
];

test.each([
  [
    'aws:index/getAvailabilityZones:getAvailabilityZones',
    { names: ['us-east-1a', 'us-east-1b', 'us-east-1c'] },
  ],
  ['aws:index/getCallerIdentity:getCallerIdentity', { accountId: '123456789012' }],
  ['aws:index/getRegion:getRegion', { region: 'us-east-1' }],
  ['aws:index/getPartition:getPartition', { partition: 'aws' }],
])('%s', (token, expected) => {
  expect(answer(token, {}, account)).toMatchObject(expected);
});

test('a security group by its id', () => {
  const ask = (id: string) => answer('aws:ec2/getSecurityGroup:getSecurityGroup', { id }, account);
  expect(ask('sg-1')).toMatchObject({ name: 'alb', tags: { layer: 'network' } });
  expect(() => ask('sg-2')).toThrow('InvalidGroup.NotFound: sg-2 does not exist');
});

test('an image by its tag or digest, in its repository only', () => {
  const ask = (inputs: object) => answer('aws:ecr/getImage:getImage', { ...inputs }, account);
  expect(ask({ repositoryName: 'app', imageTag: 'latest' })).toMatchObject({
    imageDigest: 'sha256:new',
    imageUri: 'host/app@sha256:new',
  });
  expect(ask({ repositoryName: 'app', imageDigest: 'sha256:old' })).toMatchObject({ imageTags: ['v1'] });
  expect(() => ask({ repositoryName: 'app', imageTag: 'v3' })).toThrow(
    'ImageNotFoundException: v3 is not in app',
  );
  expect(() => ask({ repositoryName: 'api', imageTag: 'v1' })).toThrow('RepositoryNotFoundException');
});

test('what the account does not know is no empty answer', () => {
  expect(() => answer('aws:ec2/getVpc:getVpc', {}, account)).toThrow('does not know aws:ec2/getVpc:getVpc');
});
