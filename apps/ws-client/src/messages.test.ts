import { until } from '@envoy-poc/env/testing';
import { expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { accept, podReply, reply, startEdge } from './testing/edge.ts';
import { runClient } from './testing/run-client.ts';

const QUICK = {
  attemptIntervalSeconds: 0.01,
  messageIntervalMinSeconds: 0.01,
  messageIntervalMaxSeconds: 0.02,
};

async function talk(behave: (webSocket: WebSocket) => void, config = {}) {
  const edge = await startEdge(accept(behave));
  const run = await runClient({ edgeUrls: [edge.url], connectionsPerClient: 1, ...QUICK, ...config });
  return { edge, ...run };
}

test('each reply is logged with its time, its pod and the round trip', async () => {
  const { edge, logged, http } = await talk(reply);
  await until('three replies', () => logged('reply').length >= 3);
  expect(logged('reply')[0]).toMatchObject({
    client: 'client-1',
    connectionId: 1,
    requestId: edge.requests[0]?.headers['x-request-id'],
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    podIp: '10.4.5.6',
    roundTripMs: expect.any(Number),
  });
  const metrics = await (await fetch(`${http}/metrics`)).text();
  expect(metrics).toContain('ws_client_open_connections 1\n');
  expect(metrics).toContain('ws_client_attempts_total{result="open"} 1\n');
  for (const name of ['messages_sent_total', 'replies_total', 'round_trip_seconds_count']) {
    expect(Number(metrics.match(new RegExp(`^ws_client_${name} (\\d+)$`, 'm'))?.[1])).toBeGreaterThanOrEqual(
      3,
    );
  }
});

test('messages go over all open connections, at random', async () => {
  const { logged } = await talk(reply, { connectionsPerClient: 3 });
  await until(
    'replies on all three',
    () => new Set(logged('reply').map((line) => line.connectionId)).size === 3,
  );
});

test('a connection waits for its reply before it sends again', async () => {
  let received = 0;
  let release = () => {};
  const { logged } = await talk((webSocket) =>
    webSocket.on('message', () => {
      received++;
      release = () => webSocket.send(podReply());
    }),
  );
  await until('the first message', () => received === 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(received).toBe(1);
  release();
  await until('the second message', () => received === 2);
  expect(logged('reply')).toHaveLength(1);
});

test.for([
  ['not JSON', 'hello'],
  ['not an object', '[1]'],
  ['no pod', JSON.stringify({ timestamp: new Date().toISOString() })],
  ['no address', JSON.stringify({ timestamp: new Date().toISOString(), podIp: 'pod-1' })],
  ['no time', JSON.stringify({ timestamp: 'now', podIp: '10.0.0.1' })],
  ['nothing', ''],
  ['binary', Buffer.from(podReply())],
] as const)('a reply that cannot be read (%s) is logged, and the connection goes on', async ([, answer]) => {
  let first = true;
  const { logged } = await talk((webSocket) =>
    webSocket.on('message', () => {
      webSocket.send(first ? answer : podReply());
      first = false;
    }),
  );
  await until('a good reply', () => logged('reply').length > 0);
  const detail = String(answer).slice(0, 200);
  expect(logged('reply_invalid')).toMatchObject([{ detail, connectionId: 1, requestId: expect.any(String) }]);
  expect(logged('close')).toEqual([]);
});

test('something nobody asked for is logged, even together with the handshake', async () => {
  const { logged } = await talk((webSocket) => webSocket.send('news'), {
    messageIntervalMinSeconds: 100,
    messageIntervalMaxSeconds: 100,
  });
  await until('the line', () => logged('reply_invalid').length > 0);
  expect(logged('reply_invalid')[0]).toMatchObject({ detail: 'news', asked: false });
});

test('a missing reply is logged, and the dead connection is replaced', async () => {
  let connections = 0;
  const { logged } = await talk(
    (webSocket) => {
      if (++connections > 1) reply(webSocket);
    },
    { replyTimeoutSeconds: 1 },
  );
  await until('a reply on the second connection', () => logged('reply').length > 0);
  expect(logged('reply_missing')).toMatchObject([{ connectionId: 1, requestId: expect.any(String) }]);
  expect(logged('close')[0]).toMatchObject({ connectionId: 1, code: 1006, reason: 'no reply within 1 s' });
  expect(logged('reply')[0]).toMatchObject({ connectionId: 2 });
});

test.for([
  [
    'a close',
    (webSocket: WebSocket) => webSocket.close(1001, 'pod is shutting down'),
    1001,
    'pod is shutting down',
  ],
  ['a close with the handshake', (webSocket: WebSocket) => webSocket.close(4000), 4000, ''],
  ['a reset', (webSocket: WebSocket) => webSocket.terminate(), 1006, ''],
] as const)(
  '%s is logged with code and reason, and the connection is replaced',
  async ([, end, code, reason]) => {
    let connections = 0;
    const { client, logged } = await talk((webSocket) => {
      if (++connections > 1) reply(webSocket);
      else end(webSocket);
    });
    await until('a reply on the second connection', () => logged('reply').length > 0);
    expect(logged('close')).toMatchObject([{ connectionId: 1, code, reason, requestId: expect.any(String) }]);
    expect(client.openConnections).toBe(1);
  },
);

test('frames that break the protocol end the connection, not the client', async () => {
  const edge = await startEdge((_request, socket, acceptIt) => {
    acceptIt();
    socket.write(Buffer.from([0xff, 0xff]));
    edge.answer = accept(reply);
  });
  const { logged } = await runClient({ edgeUrls: [edge.url], connectionsPerClient: 1, ...QUICK });
  await until('a reply on the second connection', () => logged('reply').length > 0);
  expect(logged('close')).toMatchObject([
    { connectionId: 1, code: 1006, reason: expect.stringContaining('Invalid WebSocket frame') },
  ]);
});
