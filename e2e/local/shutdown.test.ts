import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { show } from '@envoy-poc/cli/start';
import { drainHeader, type SocketAddress } from '@envoy-poc/edge';
import { expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { until } from '../helpers/wait.ts';
import { ask, attempt, sockets, storm } from './attempts.ts';
import type { Bootstrap } from './bootstrap.ts';
import { edgeAt, edgeUrl, openPerPod, type Plane, startPlane, sum, untilEdgesSee } from './harness.ts';

test('a draining pod tells its clients 1001, and they find a place elsewhere', async () => {
  const plane = await startPlane({ serverReplicas: 3, edgeReplicas: 2, server: { serverDrainSeconds: 2 } });
  const open = sockets(await storm(plane, 4));
  const drained = plane.pods.find((pod) => pod.openConnections > 0);
  if (!drained) throw new Error('no pod has a connection');
  const leaving = drained.openConnections;
  const codes: number[] = [];
  for (const socket of open) socket.on('close', (code) => codes.push(code));

  const finished = drained.drain();
  expect((await fetch(`http://${drained.address}:${drained.port}/healthz`)).status).toBe(503);
  await until(
    () => codes.length === leaving,
    () => `${codes.length} of ${leaving} were told`,
  );
  expect(codes).toEqual(Array(leaving).fill(1001));
  await openThrough(plane, 0, leaving);
  await finished;
  expect(drained.openConnections).toBe(0);
  expect(openPerPod(plane).reduce((a, b) => a + b)).toBe(4);
});

/** Starts to drain edge `n` as its `preStop` hook does; `over` once it may be ended. */
function drainEdge(plane: Plane, n: number): { over: boolean; status: Promise<number> } {
  const hook = { over: false, status: Promise.resolve(0) };
  const { name, value } = drainHeader;
  const url = `http://${show(edgeAt(plane, n).lifecycle)}/drain`;
  hook.status = fetch(url, { headers: { [name]: value } }).then(({ status }) => {
    hook.over = true;
    return status;
  });
  // A test that fails before it looks at it has said why.
  hook.status.catch(() => {});
  return hook;
}

async function metric(plane: Plane, name: string): Promise<number> {
  const texts = plane.places.pods.map(async (at) => (await fetch(`http://${show(at)}/metrics`)).text());
  return sum((await Promise.all(texts)).map((text) => sample(text, name) ?? -1));
}

/** Opens `count` connections through edge `n`, trying again as clients do; `codes` are those of their closes. */
async function openThrough(plane: Plane, n: number, count: number) {
  const open: WebSocket[] = [];
  const codes: number[] = [];
  await until(
    async () => {
      const { socket } = await attempt(edgeUrl(plane, n));
      if (socket) open.push(socket.on('close', (code) => codes.push(code)));
      return open.length === count;
    },
    () => `${open.length} of ${count} were admitted`,
  );
  return { open, codes };
}

test('a draining edge tells its clients 1001 before it ends, and they come back by another; nobody else is told', async () => {
  const plane = await startPlane({
    serverReplicas: 4,
    edgeReplicas: 2,
    edgeDrainSeconds: 10,
    server: { serverDrainSeconds: 1 },
  });
  const leaving = await openThrough(plane, 0, 4);
  const staying = await openThrough(plane, 1, 3);
  const hook = drainEdge(plane, 0);
  await until(
    () => leaving.codes.length === 4,
    () => `all were told: ${leaving.codes}`,
  );
  expect(leaving.codes).toEqual([1001, 1001, 1001, 1001]);
  // A pod may hear of a close a little later than its client.
  await until(
    () => sum(openPerPod(plane)) === staying.open.length,
    () => `the pods hold those of the other edge only: ${openPerPod(plane)}`,
  );
  const free = openPerPod(plane).filter((open) => open < 2).length;
  await untilEdgesSee(plane, free, 4 - free);
  const back = await openThrough(plane, 1, 4);
  expect(await hook.status).toBe(200);
  plane.edges[0]?.kill('SIGTERM');
  await plane.edges[0]?.ended;
  await Promise.all([...staying.open, ...back.open].map(ask));
  expect([staying.codes, back.codes]).toEqual([[], []]);
});

test('control: with pods that do not ask, a draining edge fails its health check, keeps its connections, and ends them with 1006', async () => {
  const plane = await startPlane({
    serverReplicas: 1,
    edgeReplicas: 1,
    edgeDrainSeconds: 6,
    podsAskEdges: false,
  });
  const { ingress } = edgeAt(plane, 0);
  const health = async () => (await fetch(`http://${show(ingress)}/healthz`)).status;
  const {
    open: [socket],
    codes,
  } = await openThrough(plane, 0, 1);
  if (!socket) throw new Error('not admitted');
  expect(await health()).toBe(200);

  const started = performance.now();
  const hook = drainEdge(plane, 0);
  await until(
    async () => (await health()) === 503,
    () => 'the health check fails',
  );
  while (!hook.over) {
    await ask(socket);
    await sleep(100);
  }
  expect(await hook.status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(5900);
  await ask(socket);
  plane.edges[0]?.kill('SIGTERM');
  await until(
    () => codes.length > 0,
    () => 'the connection ends with the edge',
  );
  expect(codes).toEqual([1006]);
});

test('an edge that is told to leave refuses new upgrades from then on', async () => {
  const plane = await startPlane({
    serverReplicas: 1,
    edgeReplicas: 1,
    newConnectionsPerSecond: 0.01,
    edgeDrainSeconds: 600,
  });
  drainEdge(plane, 0);
  await until(
    async () => (await status(edgeAt(plane, 0).ingress, '/healthz')) === 503,
    () => 'the health check fails',
  );
  for (let i = 0; i < 10; i++) {
    const { status, headers } = await attempt(edgeUrl(plane, 0));
    expect([status, headers['x-refusal']]).toEqual([503, 'draining']);
  }
  expect(openPerPod(plane)).toEqual([0]);
});

async function status(at: SocketAddress, path: string, method = 'GET'): Promise<number> {
  return (await fetch(`http://${show(at)}${path}`, { method })).status;
}

test('an overloaded edge refuses clients and keeps those it has; it is alive, and drains when it is told to', async () => {
  const pressure = await pressureFile();
  const plane = await startPlane({
    serverReplicas: 1,
    edgeReplicas: 1,
    server: { serverDrainSeconds: 0 },
    patch: pressure.patch,
  });
  const { ingress, stats, lifecycle } = edgeAt(plane, 0);
  const { open, codes } = await openThrough(plane, 0, 2);
  const answers = () => metric(plane, 'ws_server_edge_answers_total{answer="live"}');

  await pressure.set(1);
  await until(
    async () => (await status(ingress, '/healthz')) === 503,
    () => 'the edge is overloaded',
  );
  expect((await attempt(edgeUrl(plane, 0))).status).toBe(503);
  expect(await Promise.all([status(lifecycle, '/alive'), status(stats, '/ready')])).toEqual([200, 200]);
  expect(await status(stats, '/stats/prometheus')).toBe(200);
  const before = await answers();
  await until(
    async () => (await answers()) >= before + 2,
    () => 'the pod asked',
  );
  await Promise.all(open.map(ask));

  drainEdge(plane, 0);
  await until(
    () => codes.length === 2,
    () => `both were told: ${codes}`,
  );
  expect(codes).toEqual([1001, 1001]);
  expect(await status(lifecycle, '/healthz')).toBe(503);
  expect(await status(lifecycle, '/alive'), 'one that drains is alive').toBe(200);
});

test('control: without a way around overload, an edge seems dead to those who look after it', async () => {
  const pressure = await pressureFile();
  const plane = await startPlane({
    ...{ serverReplicas: 1, edgeReplicas: 1 },
    patch: (bootstrap) => {
      pressure.patch(bootstrap);
      for (const listener of bootstrap.static_resources.listeners) delete listener.bypass_overload_manager;
    },
  });
  const { stats, lifecycle } = edgeAt(plane, 0);
  await pressure.set(1);
  await until(
    async () => (await status(stats, '/ready')) === 503,
    () => 'the edge is overloaded',
  );
  expect(await status(lifecycle, '/alive')).toBe(503);
});

/** A file whose figure, from 0 to 1, Envoy takes for the use of a resource: at 1 it refuses requests. */
async function pressureFile() {
  const folder = await mkdtemp(join(tmpdir(), 'pressure-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const filename = join(folder, 'pressure');
  await writeFile(filename, '0');
  const name = 'envoy.resource_monitors.injected_resource';
  const type =
    'type.googleapis.com/envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig';
  return {
    patch({ overload_manager: { resource_monitors, actions } }: Bootstrap) {
      resource_monitors.push({ name, typed_config: { '@type': type, filename } });
      const refuse = actions.find((action) => action.name.endsWith('stop_accepting_requests'));
      refuse?.triggers.push({ name, threshold: { value: 0.9 } });
    },
    /** Envoy reads the file when another takes its place. */
    async set(value: number) {
      await writeFile(`${filename}.new`, String(value));
      await rename(`${filename}.new`, filename);
    },
  };
}

/** What a web page of another site, or of a name that its owner has resolve to this machine, can make a browser send. */
const fromPages: Record<string, string>[] = [
  {},
  { origin: 'https://example.com', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  { origin: 'https://example.com', [drainHeader.name]: drainHeader.value },
  { host: 'rebound.example.com:9903', [drainHeader.name]: drainHeader.value },
];

test('only GET /drain drains, and no web page can ask for it', async () => {
  const plane = await startPlane({ serverReplicas: 1, edgeReplicas: 1, edgeDrainSeconds: 1 });
  const { ingress, lifecycle } = edgeAt(plane, 0);
  const header = { [drainHeader.name]: drainHeader.value };
  for (const [path, method] of [
    ['/drain', 'POST'],
    ['/drain', 'OPTIONS'],
    ['/', 'GET'],
    ['/healthcheck/fail', 'POST'],
  ] as const) {
    const response = await fetch(`http://${show(lifecycle)}${path}`, { method, headers: header });
    expect(response.status, `${method} ${path}`).toBe(404);
  }
  for (const headers of fromPages) {
    const request = get(`http://${show(lifecycle)}/drain`, { headers, agent: false });
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode, JSON.stringify(headers)).toBe(403);
  }
  expect(await status(ingress, '/healthz')).toBe(200);
  expect(await status(edgeAt(plane, 0).stats, '/ready')).toBe(200);
});
