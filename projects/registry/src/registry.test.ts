import { readFileSync } from 'node:fs';
import { parseOutputs, projectFileOf } from '@envoy-poc/layers';
import { runLayer } from '@envoy-poc/layers/testing';
import { expect, test } from 'vitest';
import registry from './index.ts';

const project = projectFileOf(`${import.meta.dirname}/..`);
const host = '123456789012.dkr.ecr.us-east-1.amazonaws.com';

function run(config: Record<string, unknown> = {}) {
  return runLayer(registry, {
    project,
    config,
    state: ({ inputs }) => ({
      region: 'us-east-1',
      registryId: '123456789012',
      repositoryUrl: `${host}/${inputs.name}`,
    }),
  });
}

test('three repositories with exact names, immutable tags, scanned on push', async () => {
  const { resource, resources } = await run();
  expect(resources.filter(({ type }) => type === 'aws:ecr/repository:Repository')).toHaveLength(3);
  for (const kind of ['app', 'client', 'picker']) {
    expect(resource(`envoy_poc_${kind}_ecr_repository`).inputs).toMatchObject({
      name: `cfndev-envoy-proxy-poc-${kind}`,
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
    });
  }
});

test('images in the way stop a destroy, unless config says otherwise', async () => {
  expect((await run()).resource('envoy_poc_app_ecr_repository').inputs.forceDelete).toBe(false);
  const { resource } = await run({ forceDelete: true });
  expect(resource('envoy_poc_client_ecr_repository').inputs.forceDelete).toBe(true);
});

test('each repository drops untagged and surplus images, as config says', async () => {
  const { resource } = await run({ keepImages: 5, untaggedDays: 2 });
  for (const kind of ['app', 'client', 'picker']) {
    const { policy, repository } = resource(`envoy_poc_${kind}_ecr_repository_lifecycle`).inputs;
    expect(repository).toBe(`cfndev-envoy-proxy-poc-${kind}`);
    expect(JSON.parse(String(policy)).rules).toMatchObject([
      { selection: { tagStatus: 'untagged', countUnit: 'days', countNumber: 2 }, action: { type: 'expire' } },
      {
        selection: {
          tagStatus: 'tagged',
          tagPatternList: ['*'],
          countType: 'imageCountMoreThan',
          countNumber: 5,
        },
      },
    ]);
  }
});

test('all that it makes is folded into components', async () => {
  expect((await run()).roots).toEqual([
    'envoy-poc:registry:Repository envoy_poc_app_ecr_repository',
    'envoy-poc:registry:Repository envoy_poc_client_ecr_repository',
    'envoy-poc:registry:Repository envoy_poc_picker_ecr_repository',
    'pulumi:providers:aws envoy_poc_aws',
  ]);
});

test('what it publishes is its contract, by app', async () => {
  const { repositories } = parseOutputs('registry', 'dev', (await run()).outputs);
  expect(repositories['ws-server'].url).toBe(`${host}/cfndev-envoy-proxy-poc-app`);
  expect(repositories['ws-client'].name).toBe('cfndev-envoy-proxy-poc-client');
  expect(repositories['endpoint-picker'].name).toBe('cfndev-envoy-proxy-poc-picker');
});

test('every AWS resource goes through the provider that tags project, layer and stack', async () => {
  const { resources, resource } = await run();
  expect(resource('envoy_poc_aws').inputs.defaultTags).toEqual(
    JSON.stringify({ tags: { project: 'envoy-poc', layer: 'registry', stack: 'dev' } }),
  );
  for (const { type, name, provider } of resources) {
    expect(name).toMatch(/^envoy_poc_[a-z]+(_[a-z]+)*$/);
    if (type.startsWith('aws:')) expect(provider, name).toContain('envoy_poc_aws');
  }
});

test.each([
  [
    { repositoryPrefix: 'Upper Case' },
    'registry:repositoryPrefix = "Upper Case": lower case letters and digits',
  ],
  [{ keepImages: 1 }, 'registry:keepImages = 1: must be 2 or more'],
  [{ untaggedDays: 0 }, 'registry:untaggedDays = 0: must be 1 or more'],
  [{ forceDelete: 'maybe' }, 'registry:forceDelete = "maybe": true or false'],
])('bad configuration %j is told before anything is declared', async (config, message) => {
  await expect(run(config)).rejects.toThrow(message);
});

test('the README names every input and output', async () => {
  const readme = readFileSync(`${import.meta.dirname}/../README.md`, 'utf8');
  const { outputs } = await run();
  for (const key of [...Object.keys(project.config), ...Object.keys(outputs)])
    expect(readme).toContain(`\`${key}\``);
});
