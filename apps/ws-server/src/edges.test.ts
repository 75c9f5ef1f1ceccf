import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@envoy-poc/env/testing';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { serve } from './testing/harness.ts';

/** What Envoy answers to `GET /ready`, while it serves and while it drains. */
const live = answer(200, 'LIVE\n');
const draining = answer(503, 'DRAINING\n');

function answer(status: number, body: string): RequestListener {
  return (_request, response) => void response.writeHead(status).end(body);
}

/** Answers as an edge at `address`, until the test ends; counts how often it was asked. */
async function edge(listener: RequestListener, address: string, port = 0) {
  const edge = { listener, asked: 0, port };
  const server = createServer((request, response) => {
    edge.asked++;
    edge.listener(request, response);
  });
  server.listen(port, address);
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  edge.port = (server.address() as AddressInfo).port;
  return edge;
}

/** A connection that comes from `edge`; `code` is that of its close. */
async function connect(url: string, edge: string) {
  const socket = new WebSocket(url, { localAddress: edge });
  const connection: { socket: WebSocket; code?: number; reason?: string } = { socket };
  socket.on('close', (code, reason) => Object.assign(connection, { code, reason: reason.toString() }));
  onTestFinished(() => socket.terminate());
  await once(socket, 'open');
  return connection;
}

async function expectReply({ socket }: { socket: WebSocket }): Promise<void> {
  const reply = once(socket, 'message');
  socket.send('still there?');
  expect(JSON.parse(String((await reply)[0]))).toHaveProperty('podIp');
}

const answers = (kind: string) => `ws_server_edge_answers_total{answer="${kind}"}`;

test('the connections of an edge that drains are closed with 1001, nobody else’s', async () => {
  const leaving = await edge(live, '127.0.0.2');
  await edge(live, '127.0.0.3', leaving.port);
  const pod = await serve({ connectionsPerPod: 3, serverDrainSeconds: 0.2, edgeReadyPort: leaving.port });
  const through = [await connect(pod.ws, '127.0.0.2'), await connect(pod.ws, '127.0.0.2')];
  const other = await connect(pod.ws, '127.0.0.3');
  await until('both edges were asked', async () => ((await pod.metric(answers('live'))) ?? 0) >= 4);
  await Promise.all([...through, other].map(expectReply));
  expect(pod.logged('edge_draining')).toEqual([]);

  leaving.listener = draining;
  await until('both are told', () => through.every(({ code }) => code !== undefined));
  expect(through).toMatchObject(Array(2).fill({ code: 1001, reason: 'edge is shutting down' }));
  await expectReply(other);
  expect(pod.logged('edge_draining')).toMatchObject([
    { edge: '127.0.0.2', connections: 2, serverDrainSeconds: 0.2, podIp: '10.1.2.3' },
  ]);
  expect(pod.logged('close')).toMatchObject(Array(2).fill({ code: 1001, reason: 'edge is shutting down' }));
  expect(await pod.metric('ws_server_edge_closes_total')).toBe(2);
  expect((await fetch(`${pod.http}/healthz`)).status).toBe(200);
});

test('each is closed at a random moment of the drain time', async () => {
  const moments = [0.9, 0];
  const { port } = await edge(draining, '127.0.0.2');
  const config = { serverDrainSeconds: 3600, edgeReadyPort: port };
  const pod = await serve(config, { random: () => moments.shift() ?? 0.5 });
  const connections = [await connect(pod.ws, '127.0.0.2'), await connect(pod.ws, '127.0.0.2')];
  await until('one is told', () => connections.some(({ code }) => code === 1001));
  // They may have come in two rounds of questions, but always in this order.
  await expectReply(connections[0] ?? expect.fail());
  expect(connections[1]?.code).toBe(1001);
});

test('a connection that still comes by a draining edge is told, too', async () => {
  const { port } = await edge(draining, '127.0.0.2');
  const pod = await serve({ serverDrainSeconds: 1, edgeReadyPort: port }, { random: () => 0.99 });
  const first = await connect(pod.ws, '127.0.0.2');
  await until('the edge is known to drain', () => pod.logged('edge_draining').length > 0);
  const late = await connect(pod.ws, '127.0.0.2');
  await until('both are told', () => first.code === 1001 && late.code === 1001);
});

const many = 'x'.repeat(100_000);

test.for<[string, RequestListener]>([
  ['overloaded', answer(503, 'envoy overloaded')],
  ['that cannot ask its administration', answer(503, 'upstream connect error')],
  ['that starts', answer(503, 'PRE_INITIALIZING\n')],
  ['with an empty 503', answer(503, '')],
  ['with other words around the right one', answer(503, 'DRAINING\nor so')],
  ['with the right word and the wrong status', answer(200, 'DRAINING\n')],
  ['that sends on and on', (_, response) => void response.writeHead(503).write(`DRAINING\n${many}`)],
  [
    'that redirects to one that drains',
    (request, response) =>
      request.url === '/ready'
        ? response.writeHead(302, { location: '/other' }).end()
        : draining(request, response),
  ],
])('an edge %s keeps its connections', async ([, listener]) => {
  const { port } = await edge(listener, '127.0.0.2');
  const pod = await serve({ serverDrainSeconds: 0, edgeReadyPort: port });
  const connection = await connect(pod.ws, '127.0.0.2');
  await until('it was asked twice', async () => ((await pod.metric(answers('other'))) ?? 0) >= 2);
  await expectReply(connection);
  expect(await pod.metric(answers('draining'))).toBe(0);
});

test.for<[string, RequestListener | undefined]>([
  ['that nobody reaches', undefined],
  ['that does not answer', () => {}],
  ['that hangs up', (request) => request.socket.destroy()],
  ['whose answer breaks off', (_, response) => breakOff(response)],
  ['whose answer never ends', (_, response) => void response.writeHead(503).write('DRAINING\n')],
])('an edge %s keeps its connections, and holds up nobody else’s', async ([, listener]) => {
  const leaving = await edge(draining, '127.0.0.2');
  if (listener) await edge(listener, '127.0.0.3', leaving.port);
  const pod = await serve({ serverDrainSeconds: 0, edgeReadyPort: leaving.port });
  const connection = await connect(pod.ws, '127.0.0.3');
  await until('it was asked in vain', async () => ((await pod.metric(answers('none'))) ?? 0) >= 1);
  const other = await connect(pod.ws, '127.0.0.2');
  await until('the other is told', () => other.code === 1001);
  await expectReply(connection);
});

function breakOff(response: ServerResponse): void {
  response.writeHead(503, { 'content-length': 100 }).write('DRAINING\n', () => response.destroy());
}

test('no more than eight edges are asked at once, and all in the end', async () => {
  const asked = new Set<string | undefined>();
  let inFlight = 0;
  let most = 0;
  const { port } = await edge((request, response) => {
    asked.add(request.socket.localAddress);
    most = Math.max(most, ++inFlight);
    setTimeout(() => {
      inFlight--;
      live(request, response);
    }, 100);
  }, '0.0.0.0');
  const pod = await serve({ connectionsPerPod: 20, edgeReadyPort: port });
  await Promise.all(Array.from({ length: 20 }, (_, n) => connect(pod.ws, `127.0.0.${n + 10}`)));
  await until('all were asked', () => asked.size === 20);
  expect(most).toBeLessThanOrEqual(8);
});

test('only those behind an open connection are asked', async () => {
  const here = await edge(live, '127.0.0.1');
  const there = await edge(live, '127.0.0.2', here.port);
  const pod = await serve({ connectionsPerPod: 1, edgeReadyPort: here.port });
  const connection = await connect(pod.ws, '127.0.0.2');
  // Comes from 127.0.0.1, as do all questions of this test.
  expect((await fetch(pod.http)).status).toBe(426);
  await until('the edge was asked', () => there.asked >= 2);
  connection.socket.close();
  await until('it has left', () => pod.server.openConnections === 0);
  await sleep(300);
  const { asked } = there;
  await sleep(1500);
  expect(there.asked).toBe(asked);
  expect(here.asked).toBe(0);
});

test('control: without the setting nobody is asked, and nobody told', async () => {
  const leaving = await edge(draining, '127.0.0.2');
  const pod = await serve({ serverDrainSeconds: 0 });
  const connection = await connect(pod.ws, '127.0.0.2');
  await sleep(1500);
  await expectReply(connection);
  expect(leaving.asked).toBe(0);
});
