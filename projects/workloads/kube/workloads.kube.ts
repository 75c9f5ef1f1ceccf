import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { haveCluster, kubectl, type TemporaryStack, temporaryStack } from '@envoy-poc/layer/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deployments, ports, services } from '../src/names.ts';
import { eventually, fetchFromPod, forward, get, namespace, podsOf } from './cluster.ts';

const quiet = { onOutput: () => {} };
const images = {
  serverImage: process.env.WS_SERVER_IMAGE,
  clientImage: process.env.WS_CLIENT_IMAGE,
  edgeImage: process.env.ENVOY_IMAGE,
};

describe.runIf(haveCluster())('the workloads, alone on a real cluster', () => {
  let temporary: TemporaryStack;

  beforeAll(async () => {
    temporary = await temporaryStack(dirname(import.meta.dirname));
    await temporary.configure({
      ...images,
      kubeconfig: process.env.KUBECONFIG,
      namespace,
      clientReplicas: 0,
      // The test and the clients must not wait for each other.
      newConnectionsPerSecond: 20,
    });
    await temporary.stack.up(quiet);
  });

  afterAll(async () => {
    await temporary.stack.destroy(quiet);
    await temporary[Symbol.asyncDispose]();
  });

  test('every pod is ready, at its first start', async () => {
    const pods = [...(await podsOf(deployments.server)), ...(await podsOf(deployments.edge))];
    expect(pods).toHaveLength(4 + 3);
    for (const { metadata, status } of pods) {
      const ready = status.conditions.find(({ type }) => type === 'Ready');
      expect([metadata.name, ready?.status, status.containerStatuses[0].restartCount]).toEqual([
        metadata.name,
        'True',
        0,
      ]);
    }
  });

  test('a message through the Service of the edge is answered by a server pod, with the time', async () => {
    await using edge = await forward(`service/${services.edge}`, ports.edge);
    const socket = await open(edge.host);
    const sent = Date.now();
    const { timestamp, podIp } = await ask(socket);
    expect(Math.abs(Date.parse(timestamp) - sent)).toBeLessThan(60_000);
    expect((await podsOf(deployments.server)).map(({ status }) => status.podIP)).toContain(podIp);
    socket.close();
  });

  test('the namespace refuses what Pod Security restricted does not allow', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'privileged', namespace },
      spec: {
        containers: [{ name: 'x', image: 'x', securityContext: { privileged: true } }],
      },
    };
    await expect(kubectl(['apply', '--dry-run=server', '-f', '-'], pod)).rejects.toThrow(
      /violates PodSecurity "restricted:v1\.33"/,
    );
  });

  test('the same again changes nothing', async () => {
    const { changeSummary } = await temporary.stack.preview({ ...quiet, expectNoChanges: true });
    expect(Object.keys(changeSummary)).toEqual(['same']);
    await temporary.stack.up({ ...quiet, expectNoChanges: true });
  });

  test('a changed limit rolls the edges and nothing else; those that go serve what they hold until they are drained', async () => {
    const [server, edge] = [await podsOf(deployments.server), await podsOf(deployments.edge)];
    const [configMap] = await configMaps();
    const [leaving] = edge;
    if (!leaving) throw new Error('there is no edge');
    await using way = await forward(`pod/${leaving.metadata.name}`, ports.edge);
    const socket = await open(way.host);
    const closed = new Promise((resolve) => socket.addEventListener('close', resolve));

    await temporary.configure({ newConnectionsPerSecond: 30 });
    const { summary } = await temporary.stack.up(quiet);

    expect(summary.resourceChanges).toMatchObject({ update: 1, replace: 1 });
    const uids = (pods: typeof edge) => pods.map(({ metadata }) => metadata.uid);
    expect(uids(await podsOf(deployments.server)).sort()).toEqual(uids(server).sort());
    expect(uids(await podsOf(deployments.edge)).filter((uid) => uids(edge).includes(uid))).toEqual([]);
    const [current, ...others] = await configMaps();
    expect([others, current === configMap]).toEqual([[], false]);

    // The edge has failed its health check, and still answers for the connection it has.
    await expect(fetch(`http://${way.host}/healthz`)).resolves.toMatchObject({ status: 503 });
    await expect(ask(socket)).resolves.toHaveProperty('podIp');
    await closed;
  });

  test('ten clients fill 8 of 8 slots, and no pod ever holds a third connection', async () => {
    await temporary.configure({
      newConnectionsPerSecond: undefined,
      clientReplicas: 10,
      attemptIntervalSeconds: 5,
    });
    await temporary.stack.up(quiet);
    const server = await podsOf(deployments.server);
    const connections = async () => {
      const metrics = await Promise.all(
        server.map(({ metadata }) => fetchFromPod(metadata.name, ports.server, '/metrics')),
      );
      const gauge = (name: string) =>
        metrics.map((text) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]));
      return { open: gauge('ws_server_open_connections'), most: gauge('ws_server_open_connections_max') };
    };
    await eventually(60, async () => expect((await connections()).open).toEqual([2, 2, 2, 2]));
    // Three rounds of attempts against full pods.
    await sleep(15_000);
    expect(await connections()).toEqual({ open: [2, 2, 2, 2], most: [2, 2, 2, 2] });
  });
});

async function configMaps(): Promise<string[]> {
  const found = await get<{ metadata: { name: string } }>('configmaps', {
    'app.kubernetes.io/name': deployments.edge,
  });
  return found.map(({ metadata }) => metadata.name);
}

/** Opens a WebSocket, trying again while the edge says that it is too early. */
function open(host: string): Promise<WebSocket> {
  return eventually(30, async () => {
    const socket = new WebSocket(`ws://${host}/`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', () => reject(new Error(`no WebSocket on ${host}`)));
    });
    return socket;
  });
}

async function ask(socket: WebSocket): Promise<{ timestamp: string; podIp: string }> {
  const answer = new Promise<string>((resolve) => {
    socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true });
  });
  socket.send('time?');
  return JSON.parse(await answer) as { timestamp: string; podIp: string };
}
