import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findEnvoy } from '@envoy-poc/envoy';
import { beforeAll, describe, expect, test } from 'vitest';
import { edgeBootstrap } from './bootstrap.ts';
import { EdgeConfigError } from './errors.ts';
import { addressTopology, dnsTopology, exampleLimits } from './examples.ts';
import { edgeLimits } from './limits.ts';

const perClient = edgeLimits({
  pods: 40,
  connectionsPerPod: 2,
  edges: 3,
  admissionsPerSecond: 7.5,
  admissionsPerClientPerSecond: 0.3,
});

describe('Envoy accepts', () => {
  let envoy: string;
  beforeAll(async () => {
    envoy = (await findEnvoy()).path;
  }, 600_000);

  /** Envoy's complaint, or undefined when it has none. */
  async function complaint(bootstrap: object): Promise<string | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'bootstrap-'));
    try {
      const file = join(folder, 'envoy.json');
      await writeFile(file, JSON.stringify(bootstrap));
      await promisify(execFile)(envoy, ['--mode', 'validate', '-c', file]);
      return undefined;
    } catch (error) {
      return (error as { stderr: string }).stderr;
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test.each([
    ['DNS names', exampleLimits, dnsTopology],
    ['addresses', exampleLimits, addressTopology],
    ['a rate for each client', perClient, dnsTopology],
  ])('%s', async (_, limits, topology) => {
    expect(await complaint(edgeBootstrap(limits, topology))).toBeUndefined();
  });

  test('but not a bootstrap with a field it does not know (control)', async () => {
    const bootstrap = { ...edgeBootstrap(exampleLimits, dnsTopology), limits: {} };
    expect(await complaint(bootstrap)).toMatch(/no\s+such\s+field:\s+'limits'/);
  });
});

test('topologies differ in addresses and in how hosts are found, nothing else', () => {
  const strip = (bootstrap: unknown): unknown =>
    JSON.parse(
      JSON.stringify(bootstrap, (key, value) =>
        [
          'address',
          'endpoints',
          'type',
          'cluster_type',
          'cidr_ranges',
          'cidrs',
          'upstream_bind_config',
        ].includes(key)
          ? undefined
          : value,
      ),
    );
  const inCluster = edgeBootstrap(exampleLimits, dnsTopology);
  const here = edgeBootstrap(exampleLimits, addressTopology);
  expect(strip(inCluster)).toEqual(strip(here));
  expect(inCluster).not.toEqual(here);
});

test('the bootstrap is plain JSON, the same every time', () => {
  const once = edgeBootstrap(exampleLimits, dnsTopology);
  expect(JSON.parse(JSON.stringify(once))).toEqual(once);
  expect(edgeBootstrap(exampleLimits, dnsTopology)).toEqual(once);
});

test('impossible input never reaches Envoy', () => {
  expect(() => edgeBootstrap({ ...exampleLimits, retries: 0 }, dnsTopology)).toThrow(EdgeConfigError);
});

test('an empty list of trusted proxies trusts nobody', () => {
  const text = JSON.stringify(edgeBootstrap(exampleLimits, { ...dnsTopology, trustedProxyCidrs: [] }));
  expect(text).toContain('"xff_trusted_cidrs":{"cidrs":[{"address_prefix":"192.0.2.1","prefix_len":32}]}');
});
