import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { runLayer } from '../testing.ts';
import { awsProvider } from './index.ts';

const project = { name: 'network', runtime: 'nodejs', main: 'src/index.ts', config: {} };
const defaultTags = { tags: { project: 'acme', owner: 'web' } };
const program = () => ({ urn: awsProvider().urn });

test('the provider has the region and profile of the stack, and tags all it makes', async () => {
  const config = { 'aws:profile': 'deployer', 'aws:defaultTags': defaultTags };
  const { resource } = await runLayer(program, { project, config });
  expect(resource('envoy_poc_aws').inputs).toMatchObject({
    region: 'us-east-1',
    profile: 'deployer',
    defaultTags: JSON.stringify({ tags: { project: 'acme', owner: 'web', layer: 'network', stack: 'dev' } }),
  });
});

test('without a profile, credentials are those of the environment', async () => {
  const { resource } = await runLayer(program, { project });
  expect(resource('envoy_poc_aws').inputs).not.toHaveProperty('profile');
});

test('in an account that is not the one named, nothing is made', async () => {
  const config = { 'aws:allowedAccountIds': ['123456789012'] };
  const { resource } = await runLayer(program, { project, config });
  expect(resource('envoy_poc_aws').inputs.allowedAccountIds).toBe('["123456789012"]');
});

test('without a region there is one plain error', async () => {
  const failure = await runLayer(program, { project, config: { 'aws:region': undefined } }).catch(
    (error: unknown) => error,
  );
  expect(pulumi.RunError.isInstance(failure)).toBe(true);
  expect(String(failure)).toContain("Missing required configuration variable 'aws:region'");
});
