import { show } from '@envoy-poc/local';
import { expect, test } from 'vitest';
import { ask, attempt, edgeAt, edgeUrl, openPerPod, sockets, startPlane, storm, until } from './harness.ts';

test('a draining pod tells its clients 1001, and they find a place elsewhere', async () => {
  const plane = await startPlane({ pods: 3, edges: 2, server: { drainSeconds: 2 } });
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
  for (let i = 0; i < leaving; i++) expect((await attempt(edgeUrl(plane, i))).status).toBe(101);
  await finished;
  expect(drained.openConnections).toBe(0);
  expect(openPerPod(plane).reduce((a, b) => a + b)).toBe(4);
});

test('a draining edge fails its health check at once and keeps its connections until the time is over', async () => {
  const plane = await startPlane({ pods: 1, edges: 1, drainSeconds: 3 });
  const { ingress, drain } = edgeAt(plane, 0);
  const health = async () => (await fetch(`http://${show(ingress)}/healthz`)).status;
  const { socket } = await attempt(edgeUrl(plane, 0));
  if (!socket) throw new Error('not admitted');
  expect(await health()).toBe(200);

  let over = false;
  const started = performance.now();
  const hook = fetch(`http://${show(drain)}/drain`).then((response) => {
    over = true;
    return response.status;
  });
  await until(
    async () => (await health()) === 503,
    () => 'the health check fails',
    2,
  );
  expect(over).toBe(false);
  while (!over) await ask(socket);
  expect(await hook).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(2900);
  await ask(socket);
  plane.edges[0]?.kill('SIGTERM');
  await until(
    () => socket.readyState === socket.CLOSED,
    () => 'the connection ends with the edge',
  );
});

test('only GET /drain drains', async () => {
  const plane = await startPlane({ pods: 1, edges: 1, drainSeconds: 1 });
  const { ingress, drain } = edgeAt(plane, 0);
  for (const [path, method] of [
    ['/drain', 'POST'],
    ['/', 'GET'],
    ['/healthcheck/fail', 'POST'],
  ] as const) {
    const response = await fetch(`http://${show(drain)}${path}`, { method });
    expect(response.status, `${method} ${path}`).toBe(404);
  }
  expect((await fetch(`http://${show(ingress)}/healthz`)).status).toBe(200);
});
