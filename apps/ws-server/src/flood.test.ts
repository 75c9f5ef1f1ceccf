import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@envoy-poc/env/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serve } from './testing/harness.ts';
import { frame, OPCODE, RawClient } from './testing/raw-client.ts';

/** Sends `bytes` again and again, as fast as the pod takes them, until the connection ends or `over` says so. */
function flood({ socket }: RawClient, bytes: Buffer, over: AbortSignal): void {
  const write = () => {
    while (!over.aborted && !socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', write);
  write();
}

const many = (one: Buffer) => Buffer.concat(Array.from({ length: 200 }, () => one));
const fragment = (opcode: number, fin: boolean) => frame(opcode, '', { fin });
const fragmented = Buffer.concat([
  fragment(OPCODE.text, false),
  ...Array.from({ length: 126 }, () => fragment(OPCODE.continuation, false)),
  fragment(OPCODE.continuation, true),
]);

const floods: [name: string, bytes: Buffer, budget: 'messages' | 'bytes'][] = [
  ['empty texts', many(frame(OPCODE.text)), 'messages'],
  ['pings', many(frame(OPCODE.ping)), 'messages'],
  ['pongs that nobody asked for', many(frame(OPCODE.pong)), 'messages'],
  ['large texts', frame(OPCODE.text, 'x'.repeat(4096)), 'bytes'],
  ['texts of many empty fragments', fragmented, 'messages'],
];

test.for(floods)('%s: closed with 1008, and the neighbour is answered', async ([, bytes, budget]) => {
  const pod = await serve();
  const neighbour = new WebSocket(pod.ws);
  await once(neighbour, 'open');
  const client = await RawClient.open(pod.server.port);
  const over = new AbortController();
  flood(client, bytes, over.signal);

  expect(await client.closeCode()).toBe(1008);
  neighbour.send('still there?');
  await once(neighbour, 'message');
  over.abort();
  expect(await pod.metric(`ws_server_over_budget_total{budget="${budget}"}`)).toBe(1);
  await pod.server.close();
  const perSecond = { messages: 50, bytes: 65_536 }[budget];
  expect(pod.logged('close')).toContainEqual(
    expect.objectContaining({ code: 1008, reason: `more than ${perSecond} ${budget} a second` }),
  );
});

test('bytes that come one by one: closed with 1008', async () => {
  const pod = await serve({ closeTimeoutSeconds: 0.5, bytesPerSecondPerConnection: 16_384 });
  const client = await RawClient.open(pod.server.port);
  client.socket.setNoDelay();
  const text = frame(OPCODE.text, 'x'.repeat(200));
  let sent = 0;
  const drip = setInterval(() => {
    if (!client.socket.destroyed)
      client.socket.write(text.subarray(sent % text.length, (sent++ % text.length) + 1));
  }, 1);
  expect(await client.closeCode().finally(() => clearInterval(drip))).toBe(1008);
  expect(await pod.metric('ws_server_over_budget_total{budget="bytes"}')).toBe(1);
  await until('the slot is free', () => pod.server.openConnections === 0);
});

test('once it is closing, no more of a flood is read than the budget holds', async () => {
  const pod = await serve({ closeTimeoutSeconds: 3600 });
  const client = await RawClient.open(pod.server.port);
  client.socket.write(frame(OPCODE.binary, 'x'));
  expect(await client.closeCode()).toBe(1003);
  const over = new AbortController();
  flood(client, many(frame(OPCODE.text)), over.signal);
  // What the pod leaves unread fills the buffers between the two.
  await until('the pod reads no more', async () => {
    const before = client.socket.bytesWritten;
    await sleep(100);
    return client.socket.writableNeedDrain && client.socket.bytesWritten === before;
  });
  over.abort();
  await pod.server.close();
});

test('one that stays within its budget stays', async () => {
  const pod = await serve({ messagesPerSecondPerConnection: 20 });
  const socket = new WebSocket(pod.ws);
  await once(socket, 'open');
  // Four seconds' worth at once, and then at the rate.
  for (let n = 0; n < 80; n++) socket.send('');
  await until('the burst is answered', async () => (await pod.metric('ws_server_messages_total')) === 80);
  for (let n = 1; n <= 10; n++) {
    await sleep(51);
    socket.send('');
    await once(socket, 'message');
  }
  expect(socket.readyState).toBe(WebSocket.OPEN);
  socket.terminate();
});

test('control: without a budget the same flood is answered on and on', async () => {
  const pod = await serve({ messagesPerSecondPerConnection: 1e6, bytesPerSecondPerConnection: 2 ** 30 });
  const client = await RawClient.open(pod.server.port);
  const over = new AbortController();
  client.socket.resume();
  flood(client, many(frame(OPCODE.text)), over.signal);
  await until('20,000 answers', async () => ((await pod.metric('ws_server_messages_total')) ?? 0) > 20_000);
  over.abort();
  client.socket.destroy();
});
