import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { show } from '@envoy-poc/local';
import { expect, onTestFinished, test } from 'vitest';
import { attempt, edgeAt, edgeUrl, startPlane, until } from './harness.ts';

/** Opens TCP connections; gives those that the other side has left open so far. */
async function connections(address: string, port: number, count: number): Promise<() => Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, address).on('error', () => {}));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  for (const socket of sockets) socket.resume();
  return () => sockets.filter((socket) => !socket.readableEnded && !socket.destroyed);
}

test('an edge accepts no more connections than it may, and its statistics stay in reach', async () => {
  const plane = await startPlane({ pods: 1, edges: 1, downstreamConnections: 10 });
  const { ingress, stats } = edgeAt(plane, 0);
  const left = await connections(ingress.address, ingress.port, 30);
  await until(
    () => left().length <= 10,
    () => `${left().length} connections are left`,
  );
  await sleep(1000);
  expect(left()).toHaveLength(10);
  expect((await fetch(`http://${show(stats)}/ready`)).status).toBe(200);

  for (const socket of left()) socket.destroy();
  await until(
    async () => (await attempt(edgeUrl(plane, 0))).status === 101,
    () => 'a connection that ended makes room',
  );
});

test('control: with room for all of them, all stay', async () => {
  const plane = await startPlane({ pods: 1, edges: 1 });
  const { ingress } = edgeAt(plane, 0);
  const left = await connections(ingress.address, ingress.port, 30);
  await sleep(3000);
  expect(left()).toHaveLength(30);
});
