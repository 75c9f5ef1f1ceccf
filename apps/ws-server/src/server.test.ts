import { once } from 'node:events';
import { until } from '@envoy-poc/env/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startServer } from './index.ts';
import { serve } from './testing/harness.ts';
import { frame, OPCODE, RawClient, upgradeHead } from './testing/raw-client.ts';

async function ask(url: string, message: string) {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  socket.send(message);
  const [data, isBinary] = await once(socket, 'message');
  return { socket, text: String(data), isBinary };
}

test('every text message is answered with the time and the pod, on any path', async () => {
  const pod = await serve();
  const before = Date.now();
  const { socket, text, isBinary } = await ask(`${pod.ws}/any/path?x=1`, 'hello');
  const reply = JSON.parse(text);
  expect(isBinary).toBe(false);
  expect(reply).toEqual({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    podIp: '10.1.2.3',
  });
  expect(Date.parse(reply.timestamp)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(reply.timestamp)).toBeLessThanOrEqual(Date.now());

  for (const message of ['', 'ünïcödé', 'x'.repeat(4096)]) {
    socket.send(message);
    const [data] = await once(socket, 'message');
    expect(JSON.parse(String(data)).podIp).toBe('10.1.2.3');
  }
  expect(await pod.metric('ws_server_messages_total')).toBe(4);
  expect(await pod.metric('ws_server_reply_seconds_count')).toBe(4);
});

test('messages sent together with the handshake are answered', async () => {
  const pod = await serve();
  const client = await RawClient.connect(pod.server.port);
  client.socket.write(Buffer.concat([Buffer.from(upgradeHead()), frame(OPCODE.text, 'early')]));
  await until('the reply', () => client.text.includes('"podIp":"10.1.2.3"'));
});

test('a full pod refuses with 503 before any handshake, and says it is full', async () => {
  const pod = await serve({ connectionsPerPod: 2 });
  expect((await fetch(`${pod.http}/healthz`)).headers.get('x-envoy-degraded')).toBeNull();
  const first = await ask(pod.ws, 'a');
  await ask(pod.ws, 'b');

  const refused = await RawClient.connect(pod.server.port);
  refused.socket.write(upgradeHead({ 'X-Request-Id': 'the-ninth' }));
  await refused.ended();
  const [head, body] = refused.text.split('\r\n\r\n');
  expect(head?.split('\r\n')).toEqual(
    expect.arrayContaining([
      'HTTP/1.1 503 Service Unavailable',
      'retry-after: 1',
      'connection: close',
      'x-refusal: full',
    ]),
  );
  expect(body).toBe('full: 2 of 2 connections open');
  expect(pod.logged('refused')).toMatchObject([
    {
      reason: 'full',
      requestId: 'the-ninth',
      connectionId: expect.any(String),
      openConnections: 2,
      podIp: '10.1.2.3',
    },
  ]);

  expect(head).not.toContain('x-envoy-ratelimited');

  // An edge that asks once more has asked all the others meanwhile.
  const again = await RawClient.connect(pod.server.port);
  again.socket.write(upgradeHead({ 'X-Request-Id': 'the-ninth' }));
  await again.ended();
  expect(again.text).toMatch(/^HTTP\/1\.1 503 .*\r\nx-envoy-ratelimited: true\r\n/s);

  const full = await fetch(`${pod.http}/healthz`);
  expect(full.status).toBe(200);
  expect(full.headers.get('x-envoy-degraded')).toBe('true');

  first.socket.close();
  await until('a free slot', () => pod.server.openConnections === 1);
  expect((await fetch(`${pod.http}/healthz`)).headers.get('x-envoy-degraded')).toBeNull();
  await ask(pod.ws, 'c');
  expect(pod.server.highWater).toBe(2);
});

test('metrics tell connections, limit, upgrades by result and latency', async () => {
  const pod = await serve({ connectionsPerPod: 1 });
  const { socket } = await ask(pod.ws, 'x');
  const refused = await RawClient.connect(pod.server.port);
  refused.socket.write(upgradeHead());
  await refused.head();
  socket.close();
  await until('a free slot', () => pod.server.openConnections === 0);

  const response = await fetch(`${pod.http}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  const text = await response.text();
  for (const line of [
    'ws_server_open_connections 0',
    'ws_server_open_connections_max 1',
    'ws_server_connection_limit 1',
    'ws_server_upgrades_total{result="accepted"} 1',
    'ws_server_upgrades_total{result="full"} 1',
    'ws_server_upgrades_total{result="draining"} 0',
    'ws_server_upgrades_total{result="bad_request"} 0',
    'ws_server_messages_total 1',
    'ws_server_reply_seconds_count 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('plain requests: 426 with what to upgrade to; probes take GET and HEAD only', async () => {
  const pod = await serve();
  const plain = await fetch(pod.http);
  expect(plain.status).toBe(426);
  expect(plain.headers.get('upgrade')).toBe('websocket');
  expect((await fetch(`${pod.http}/healthz`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${pod.http}/healthz?x`, { method: 'HEAD' })).status).toBe(200);
});

test('with ALLOWED_ORIGINS, pages of other sites get 403; programs and own pages connect', async () => {
  const pod = await serve({ allowedOrigins: ['http://127.0.0.1:7070'] });
  for (const origin of ['https://other.example', 'null']) {
    const client = await RawClient.connect(pod.server.port);
    client.socket.write(upgradeHead({ Origin: origin }));
    expect(await client.head()).toBe(403);
    expect(client.text).toContain('x-refusal: origin');
  }
  expect(await pod.metric('ws_server_upgrades_total{result="origin"}')).toBe(2);
  expect(pod.server.highWater).toBe(0);
  for (const origin of ['http://127.0.0.1:7070', undefined]) {
    const client = await RawClient.connect(pod.server.port);
    client.socket.write(upgradeHead({ Origin: origin }));
    expect(await client.head()).toBe(101);
  }
});

test('each connection logs its opening and its end, joined by connection and request id', async () => {
  const pod = await serve();
  const socket = new WebSocket(pod.ws, { headers: { 'x-request-id': 'abc' } });
  await once(socket, 'open');
  socket.close(4000, 'had enough');
  await until('the close is logged', () => pod.logged('close').length === 1);
  const [open] = pod.logged('open');
  expect(open).toMatchObject({ podIp: '10.1.2.3', requestId: 'abc', openConnections: 1 });
  expect(pod.logged('close')[0]).toMatchObject({
    podIp: '10.1.2.3',
    connectionId: open?.connectionId,
    requestId: 'abc',
    code: 4000,
    reason: 'had enough',
    durationMs: expect.any(Number),
    openConnections: 0,
  });
});

test('servers in one process count apart, on addresses of their own', async () => {
  const one = await serve({ podIp: '10.0.0.1' });
  const two = await startServer({
    host: '127.0.0.2',
    port: one.server.port,
    podIp: '10.0.0.2',
    logLevel: 'silent',
  });
  const { socket, text } = await ask(`ws://127.0.0.2:${two.port}`, 'x');
  expect(JSON.parse(text).podIp).toBe('10.0.0.2');
  expect(two.address).toBe('127.0.0.2');
  expect([one.server.openConnections, two.openConnections]).toEqual([0, 1]);
  expect(await one.metric('ws_server_open_connections')).toBe(0);
  const ended = once(socket, 'close');
  await two.close();
  expect((await ended)[0]).toBe(1006);
});

test('a port in use is named', async () => {
  const { server } = await serve();
  await expect(serve({ port: server.port })).rejects.toThrow(
    `Cannot listen on 127.0.0.1:${server.port}: another process holds it`,
  );
});
