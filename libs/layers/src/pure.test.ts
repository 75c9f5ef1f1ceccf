import { packagesLoadedBy } from '@envoy-poc/testing';
import { expect, test } from 'vitest';
import { layers } from './contract.ts';

const ofPulumi = (name: string) => name.startsWith('@pulumi/');
const importing = (entries: readonly string[]) =>
  entries.map((entry) => `await import(${JSON.stringify(import.meta.resolve(entry))});`).join('\n');

test('what tools import loads nothing of Pulumi', async () => {
  const entries = ['@envoy-poc/layers', ...layers.map((layer) => `@envoy-poc/layers/${layer}`)];
  const loaded = await packagesLoadedBy(importing(entries));
  expect(loaded).toContain('zod');
  expect(loaded.filter(ofPulumi)).toEqual([]);
});

test('control: what layers import does', async () => {
  expect(await packagesLoadedBy(importing(['@envoy-poc/layers/pulumi']))).toContain('@pulumi/pulumi');
});
