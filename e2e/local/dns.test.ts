import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { edgeReady, planAddresses, show, startEdge } from '@envoy-poc/cli/start';
import { defaultLimits, edgeBootstrap, type Limits, type Topology } from '@envoy-poc/edge';
import { findEnvoy } from '@envoy-poc/envoy';
import { startServer } from '@envoy-poc/ws-server';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { ask, attempt } from './attempts.ts';
import { freeNetwork } from './harness.ts';

test('an edge finds pods by a DNS name, as in a cluster', async () => {
  const server = await startServer(
    { host: '127.0.0.1', port: 0, podIp: '127.0.0.1' },
    { logger: pino({ level: 'silent' }) },
  );
  const folder = await mkdtemp(join(tmpdir(), 'dns-'));
  const places = planAddresses({
    serverReplicas: 1,
    edgeReplicas: 1,
    clientReplicas: 0,
    network: freeNetwork(),
  });
  const [at] = places.edges;
  if (!at) throw new Error('no edge planned');
  const topology: Topology = {
    ...at,
    servers: { kind: 'dns', name: 'localhost', port: server.port },
    trustedProxyCidrs: [],
    internalCidrs: [],
  };
  const limits: Limits = {
    ...defaultLimits,
    ...{ edgeReplicas: 1, newConnectionsPerSecond: 0.01, admission: 'shared' },
  };
  const config = join(folder, 'edge.json');
  await writeFile(config, JSON.stringify(edgeBootstrap(limits, topology)));
  const { path: envoy } = await findEnvoy();
  const output: string[] = [];
  const edge = startEdge({
    name: 'edge',
    envoy,
    config,
    concurrency: 1,
    onLine: (line) => output.push(line),
  });
  onTestFinished(async () => {
    await edge.stop(2);
    await server.close();
    await rm(folder, { recursive: true });
  });
  await edgeReady(edge, at, 1);

  const url = `ws://${show(at.ingress)}/`;
  const first = await attempt(url);
  expect(first.socket && (await ask(first.socket))).toMatchObject({ podIp: '127.0.0.1' });
  // One edge has the whole bucket: one token.
  expect((await attempt(url)).status).toBe(429);
  expect(output.filter((line) => line.includes('eprecated'))).toEqual([]);
});
