import { until } from '@envoy-poc/env/testing';
import { expect, test } from 'vitest';
import { accept, startEdge } from './testing/edge.ts';
import { runClient } from './testing/run-client.ts';

const QUICK = { attemptIntervalSeconds: 0.01 };

test('draining closes every connection with 1001 and ends the attempts', async () => {
  const codes: number[] = [];
  const edge = await startEdge(accept((webSocket) => webSocket.on('close', (code) => codes.push(code))));
  const { client, logged, http } = await runClient({
    edgeUrls: [edge.url],
    connectionsPerClient: 3,
    ...QUICK,
  });
  await until('three connections', () => client.openConnections === 3);
  await client.drain();
  await until('three closes', () => codes.length === 3);
  expect(codes).toEqual([1001, 1001, 1001]);
  expect(client.openConnections).toBe(0);
  expect(edge.requests).toHaveLength(3);
  expect(logged('stopped')).toHaveLength(1);
  await expect(fetch(http)).rejects.toThrow();
});

test('draining gives up an attempt that has no answer yet', async () => {
  const edge = await startEdge(() => {});
  const { client, logged } = await runClient({ edgeUrls: [edge.url], ...QUICK });
  await until('an attempt', () => edge.requests.length > 0);
  await client.drain();
  expect(logged('refused')).toEqual([]);
});

test('an edge that ignores the close does not hold up the drain', async () => {
  const edge = await startEdge(accept((webSocket) => webSocket.pause()));
  const { client } = await runClient({ edgeUrls: [edge.url], connectionsPerClient: 1, ...QUICK });
  await until('a connection', () => client.openConnections === 1);
  await client.drain();
  expect(client.openConnections).toBe(0);
});

test('health is 200; there is nothing but health and metrics', async () => {
  const { http } = await runClient({ edgeUrls: ['ws://127.0.0.1:1/'] });
  expect((await fetch(`${http}/healthz`)).status).toBe(200);
  expect((await fetch(`${http}/metrics`)).status).toBe(200);
  expect((await fetch(http)).status).toBe(404);
});

test('clients in one process count apart', async () => {
  const edge = await startEdge(accept());
  const one = await runClient({ edgeUrls: [edge.url], connectionsPerClient: 1, ...QUICK });
  const two = await runClient({ edgeUrls: [edge.url], connectionsPerClient: 2, ...QUICK });
  await until('all connections', () => one.client.openConnections + two.client.openConnections === 3);
  const metrics = await (await fetch(`${one.http}/metrics`)).text();
  expect(metrics).toContain('ws_client_open_connections 1\n');
  await two.client.close();
  expect([one.client.openConnections, two.client.openConnections]).toEqual([1, 0]);
});

test('no log line holds credentials or the query of a URL', async () => {
  const edge = await startEdge(accept());
  const secret = edge.url.replace('ws://', 'ws://user:hidden@').replace(/\/$/, '/path?token=hidden');
  const { logged } = await runClient({ edgeUrls: [secret, secret], connectionsPerClient: 1, ...QUICK });
  await until('a connection', () => logged('open').length === 1);
  edge.answer = (_request, socket) => void socket.destroy();
  for (const webSocket of edge.open) webSocket.terminate();
  await until('a refusal', () => logged('refused').length > 0);
  const lines = ['listening', 'open', 'refused'].flatMap((event) => logged(event));
  expect(JSON.stringify(lines)).not.toContain('hidden');
  expect(logged('open')[0]?.url).toBe(`${edge.url}path`);
});
