import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findEnvoy } from '@envoy-poc/envoy';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { edgeBootstrap } from './bootstrap.ts';
import { EdgeConfigError } from './errors.ts';
import { addressTopology, dnsTopology, exactLimits, exampleLimits } from './examples.ts';
import { type Limits, MOST_SECONDS } from './limits.ts';

/** The largest figures that pass the check, and the smallest. */
const largest: Limits = {
  ...exampleLimits,
  ...{ serverReplicas: 1000, connectionsPerPod: 2, edgeReplicas: 1, newConnectionsPerSecond: 1_000_000 },
  ...{ streamIdleTimeoutSeconds: MOST_SECONDS, edgeDrainSeconds: MOST_SECONDS },
};
const smallest: Limits = {
  ...exampleLimits,
  ...{ serverReplicas: 1, connectionsPerPod: 1, edgeReplicas: 1, newConnectionsPerSecond: 1 / MOST_SECONDS },
  ...{ streamIdleTimeoutSeconds: 1, edgeDrainSeconds: 1 },
};

const perClient: Limits = {
  ...exampleLimits,
  newConnectionsPerSecond: 7.5,
  newConnectionsPerSecondPerClient: 0.3,
};

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
    ['pickers by DNS names', exactLimits, dnsTopology],
    ['pickers by addresses', exactLimits, addressTopology],
    ['a rate for each client', perClient, dnsTopology],
    ['the largest figures', largest, dnsTopology],
    ['the smallest figures', smallest, dnsTopology],
  ])('%s', async (_, limits, topology) => {
    expect(await complaint(edgeBootstrap(limits, topology))).toBeUndefined();
  });

  test('no figure that the check refuses for its size, where it is the last word (control)', async () => {
    const bootstrap = JSON.stringify(edgeBootstrap(largest, dnsTopology));
    const [figure, more] = ['"fill_interval":"0.05s"', '"fill_interval":"0.049s"'];
    expect(bootstrap).toContain(figure);
    expect(await complaint(JSON.parse(bootstrap.replaceAll(figure, more)))).toMatch(/50ms/);
  });

  test('but not a bootstrap with a field it does not know (control)', async () => {
    const bootstrap = { ...edgeBootstrap(exampleLimits, dnsTopology), limits: {} };
    expect(await complaint(bootstrap)).toMatch(/no\s+such\s+field:\s+'limits'/);
  });
});

test.each([
  ['cluster', exampleLimits, dnsTopology],
  ['cluster-exact', exactLimits, dnsTopology],
  ['local', exampleLimits, addressTopology],
  ['local-exact', exactLimits, addressTopology],
])(
  'the %s bootstrap is that of fixtures; `npx nx run edge:test -- -u` rewrites it',
  async (name, limits, topology) => {
    await expect(stringify(edgeBootstrap(limits, topology))).toMatchFileSnapshot(`../fixtures/${name}.yaml`);
  },
);

test.each<[Partial<Limits>, boolean]>([
  [{ connectionsPerPod: 3 }, false],
  [{ serverReplicas: 5 }, false],
  [{ messagesPerSecondPerConnection: 5 }, false],
  [{ pingIntervalSeconds: 20 }, false],
  [{ serverDrainSeconds: 5 }, false],
  [{ newConnectionsPerSecond: 2 }, true],
  [{ newConnectionsPerSecondPerClient: 1 }, true],
  [{ edgeReplicas: 2 }, true],
  [{ edgeDrainSeconds: 20 }, true],
  [{ streamIdleTimeoutSeconds: 400 }, true],
  [{ admission: 'exact' }, true],
])('%j changes the edge: %s', (change, changes) => {
  const before = edgeBootstrap(exampleLimits, dnsTopology);
  const after = edgeBootstrap({ ...exampleLimits, ...change }, dnsTopology);
  expect(JSON.stringify(after) !== JSON.stringify(before)).toBe(changes);
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
  for (const limits of [exampleLimits, exactLimits]) {
    const inCluster = edgeBootstrap(limits, dnsTopology);
    const here = edgeBootstrap(limits, addressTopology);
    expect(strip(inCluster)).toEqual(strip(here));
    expect(inCluster).not.toEqual(here);
  }
});

test('the bootstrap is plain JSON, the same every time', () => {
  const once = edgeBootstrap(exampleLimits, dnsTopology);
  expect(JSON.parse(JSON.stringify(once))).toEqual(once);
  expect(edgeBootstrap(exampleLimits, dnsTopology)).toEqual(once);
});

test('impossible input never reaches Envoy', () => {
  expect(() => edgeBootstrap({ ...exampleLimits, connectionsPerPod: 0 }, dnsTopology)).toThrow(
    EdgeConfigError,
  );
});

test('an empty list of trusted proxies trusts nobody', () => {
  const text = JSON.stringify(edgeBootstrap(exampleLimits, { ...dnsTopology, trustedProxyCidrs: [] }));
  expect(text).toContain('"xff_trusted_cidrs":{"cidrs":[{"address_prefix":"192.0.2.1","prefix_len":32}]}');
});

test('an edge looks up no name but those of the servers and of the pickers that it asks', () => {
  const names = (limits: Limits) => {
    const { static_resources } = edgeBootstrap(limits, dnsTopology);
    return [...JSON.stringify(static_resources).matchAll(/"address":"([^"]*[a-z][^"]*)"/g)].map(
      ([, name]) => name,
    );
  };
  const servers = 'envoy-poc-app-server-headless.envoy-poc.svc.cluster.local';
  expect(names(exampleLimits)).toEqual([servers]);
  expect(names(exactLimits)).toEqual([
    servers,
    'envoy-poc-endpoint-picker-0.envoy-poc-endpoint-picker-headless.envoy-poc.svc.cluster.local',
    'envoy-poc-endpoint-picker-1.envoy-poc-endpoint-picker-headless.envoy-poc.svc.cluster.local',
  ]);
});

test('where each edge admits its share, pickers change nothing', () => {
  const { pickers, ...without } = dnsTopology;
  expect(pickers).toHaveLength(2);
  expect(JSON.stringify(edgeBootstrap(exampleLimits, dnsTopology))).toBe(
    JSON.stringify(edgeBootstrap(exampleLimits, without)),
  );
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
