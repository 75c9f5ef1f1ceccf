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
import { type EdgeLimits, edgeLimits } from './limits.ts';

/** The largest figures that pass the check, and the smallest. */
const largest: EdgeLimits = {
  ...exampleLimits,
  ...{ pods: 5, connectionsPerPod: 200_000_000, retries: 4, edges: 1, downstreamConnections: 4_294_967_295 },
  ...{ heapBytes: Number.MAX_SAFE_INTEGER, admission: { perSecond: 1_000_000, burst: 4_294_967_295 } },
  ...{ streamIdleTimeoutSeconds: 2_147_483, upgradeTimeoutSeconds: 2_147_483, drainSeconds: 2_147_483 },
};
const smallest: EdgeLimits = {
  ...exampleLimits,
  ...{ pods: 1, retries: 0, connectionsPerPod: 1, edges: 1, downstreamConnections: 1, heapBytes: 50_000_000 },
  ...{ pingIntervalSeconds: 0.001, streamIdleTimeoutSeconds: 0.002, drainSeconds: 0.001 },
  ...{
    tryTimeoutSeconds: 0.001,
    upgradeTimeoutSeconds: 0.001,
    admission: { perSecond: 1 / 2_147_483, burst: 1 },
  },
};

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
    ['the largest figures', largest, dnsTopology],
    ['the smallest figures', smallest, dnsTopology],
  ])('%s', async (_, limits, topology) => {
    expect(await complaint(edgeBootstrap(limits, topology))).toBeUndefined();
  });

  test('no figure that the check refuses for its size, where it is the last word (control)', async () => {
    const bootstrap = JSON.stringify(edgeBootstrap(largest, dnsTopology));
    for (const [figure, more] of [
      ['"max_tokens":4294967295', '"max_tokens":4294967296'],
      ['"max_connections":1000000512', '"max_connections":4294967296'],
    ] as const) {
      expect(bootstrap).toContain(figure);
      expect(await complaint(JSON.parse(bootstrap.replaceAll(figure, more)))).toMatch(/4294967296/);
    }
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
          'pipe',
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

test('an edge looks up no name but that of the servers', () => {
  const { static_resources } = edgeBootstrap(exampleLimits, dnsTopology);
  const names = [...JSON.stringify(static_resources).matchAll(/"address":"([^"]*[a-z][^"]*)"/g)];
  expect(names.map(([, name]) => name)).toEqual(['servers.poc.svc.cluster.local']);
});

test('every listener has a limit of connections of its own, and none a part in another’s', () => {
  const bootstrap = edgeBootstrap(exampleLimits, dnsTopology);
  expect(JSON.stringify(bootstrap)).not.toContain('ignore_global_conn_limit');
  for (const { name, filter_chains } of bootstrap.static_resources.listeners) {
    const [limit] = filter_chains[0]?.filters ?? [];
    expect(limit?.typed_config, name).toMatchObject({ max_connections: expect.any(Number) });
  }
});

test('the administration listens on a Unix socket alone', () => {
  for (const topology of [dnsTopology, addressTopology]) {
    expect(edgeBootstrap(exampleLimits, topology).admin.address).toEqual({
      pipe: { path: topology.adminSocket },
    });
  }
});
