import { expect, test } from 'vitest';
import { backendUrl, layerNames, layers, newStack, type PlatformFile, parsePlatformFile } from './index.ts';
import { layerSettings } from './settings.ts';

const dev = {
  ...{ region: 'eu-west-1', profile: 'deployer', kubectlProfile: 'viewer', namespace: 'chat' },
  ...{ vpcName: 'chat-vpc', clusterName: 'chat', repositoryPrefix: 'acme/chat' },
};
const acme: PlatformFile = {
  state: { bucket: 'acme-state', prefix: 'chat' },
  tags: { project: 'chat' },
  stacks: { dev },
};

/** Sets one value of the file, by its key. */
function withValue(key: string, value: unknown): unknown {
  const copy = structuredClone(acme);
  const keys = key.split('.');
  const parent = keys.slice(0, -1).reduce<object>((at, part) => Reflect.get(at, part), copy);
  Reflect.set(parent, keys.at(-1) ?? '', value);
  return copy;
}

function faultsOf(value: unknown): string[] {
  const parsed = parsePlatformFile(value);
  return parsed.ok ? [] : parsed.faults.map(({ key, message }) => `${key}: ${message}`);
}

test('a file with all keys is taken as it is', () => {
  expect(parsePlatformFile(acme)).toEqual({ ok: true, platform: acme });
});

test.each([
  ['state.bucket', 'Acme', '3 to 63 lower case letters'],
  ['state.bucket', 'ab', '3 to 63'],
  ['state.bucket', 'a..b', 'two dots'],
  ['state.bucket', '192.168.5.4', 'IP address'],
  ['state.bucket', 'acme--x-s3', 'only S3'],
  ['state.bucket', 'xn--acme', 'only S3'],
  ['state.bucket', `a${'b'.repeat(63)}`, '3 to 63'],
  ['state.prefix', '/chat', 'single slashes'],
  ['state.prefix', 'chat/*', 'single slashes'],
  ['state.prefix', '', 'single slashes'],
  ['state.profile', 'my profile', 'without spaces'],
  ['tags.project', 'a,b', 'letters, digits, spaces'],
  ['tags.aws:owner', 'me', 'not aws: first'],
  ['tags.layer', 'x', 'the layers set themselves'],
  ['tags.project', undefined, 'is not set'],
  ['stacks.dev.account', '12345', '12 digits'],
  ['stacks.dev.account', 123456789012, '12 digits, in quotes'],
  ['stacks.dev.region', 'Ohio', 'an AWS region'],
  ['stacks.dev.region', undefined, 'is not set'],
  ['stacks.dev.profile', '--profile', 'without spaces'],
  ['stacks.dev.profile', '$(rm)', 'without spaces'],
  ['stacks.dev.clusterName', 'my cluster', 'letters, digits, hyphens'],
  ['stacks.dev.clusterName', 'c'.repeat(101), 'at most 100'],
  ['stacks.dev.vpcName', ' vpc', 'at most 256'],
  ['stacks.dev.repositoryPrefix', 'Acme', 'lower case'],
  ['stacks.dev.repositoryPrefix', 'a'.repeat(201), 'at most 200'],
  ['stacks.dev.namespace', 'my_app', 'a Kubernetes name'],
  ['stacks.dev.color', 'blue', 'is not a key of this file'],
  ['stacks.a/b', dev, 'the name of a stack'],
  ['stacks', {}, 'at least one stack'],
  ['colour', 'blue', 'is not a key of this file'],
])('%s = %j is a fault that names the key', (key, value, message) => {
  expect(faultsOf(withValue(key, value))).toContainEqual(
    expect.stringMatching(new RegExp(`^${key.replaceAll('.', '\\.')}: .*${message}`)),
  );
});

test('all faults are told together, and what is no map is one', () => {
  expect(faultsOf({ ...acme, state: { bucket: 'A', prefix: '*' } })).toHaveLength(2);
  expect(faultsOf(null)).toHaveLength(1);
  expect(faultsOf('text')).toHaveLength(1);
});

test('a second stack is proposed with names of its own, which are right', () => {
  const staging = newStack(acme, 'Staging');
  expect(staging).toEqual({
    ...dev,
    ...{ vpcName: 'chat-vpc-staging', clusterName: 'chat-staging', repositoryPrefix: 'acme/chat-staging' },
  });
  expect(faultsOf({ ...acme, stacks: { dev, Staging: staging } })).toEqual([]);
});

test('names that an account has once must differ, unless region or account do', () => {
  const twice = (other: object) => faultsOf({ ...acme, stacks: { dev, staging: { ...dev, ...other } } });
  expect(twice({})).toEqual([
    'stacks.staging.vpcName: stack dev has it too, in the same region; try chat-vpc-staging',
    'stacks.staging.clusterName: stack dev has it too, in the same region; try chat-staging',
    'stacks.staging.repositoryPrefix: stack dev has it too, in the same region; try acme/chat-staging',
  ]);
  expect(twice({ region: 'eu-central-1' })).toEqual([]);
  const [one, two] = ['111111111111', '222222222222'];
  const inAccounts = { dev: { ...dev, account: one }, staging: { ...dev, account: two } };
  expect(faultsOf({ ...acme, stacks: inAccounts })).toEqual([]);
});

test('the state is read as the first stack, unless another profile is named; in CI as nobody', () => {
  expect(backendUrl(acme, true)).toBe('s3://acme-state/chat?awssdk=v2&profile=deployer');
  expect(backendUrl(acme, false)).toBe('s3://acme-state/chat?awssdk=v2');
  const other = { ...acme, state: { ...acme.state, profile: 'me+state' } };
  expect(new URL(backendUrl(other, true)).searchParams.get('profile')).toBe('me+state');
});

test('the layers know each key that they are told', () => {
  for (const layer of layers) {
    expect(Object.keys(layerSettings[layer].schema.shape)).toEqual(
      expect.arrayContaining(Object.keys(layerNames(dev)[layer])),
    );
  }
});
