import { until } from '@envoy-poc/env/testing';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { serve } from './testing/harness.ts';
import { frame, OPCODE, RawClient, upgradeHead } from './testing/raw-client.ts';

type Server = Awaited<ReturnType<typeof serve>>;

/** The pod's only slot is free again and usable. */
async function expectSlotBack(pod: Server): Promise<void> {
  await until('the slot is free', () => pod.server.openConnections === 0);
  await RawClient.open(pod.server.port);
  expect(pod.server.openConnections).toBe(1);
  expect(pod.server.highWater).toBe(1);
}

describe('an open connection that misbehaves gets the right close code, and its slot comes back', () => {
  const cases: [name: string, bytes: Buffer, code: number][] = [
    ['binary message', frame(OPCODE.binary, 'x'), 1003],
    ['invalid UTF-8', frame(OPCODE.text, Buffer.from([0xc3, 0x28])), 1007],
    ['invalid UTF-8 in the close reason', frame(OPCODE.close, Buffer.from([3, 0xe8, 0xff])), 1007],
    ['reserved opcode', frame(3, 'x'), 1002],
    ['reserved bits', Buffer.concat([Buffer.from([0xf1]), frame(OPCODE.text, 'x').subarray(1)]), 1002],
    ['unmasked frame', Buffer.from([0x81, 1, 0x78]), 1002],
    ['continuation of nothing', frame(OPCODE.continuation, 'x'), 1002],
    ['fragmented ping', frame(OPCODE.ping, 'x', { fin: false }), 1002],
    ['close code that must not be sent', frame(OPCODE.close, Buffer.from([3, 0xed])), 1002],
    ['one byte above the payload limit', frame(OPCODE.text, 'x'.repeat(4097)), 1009],
    ['length of 2^63', Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255]), 1009],
    ['HTTP instead of frames', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1002],
  ];
  test.for(cases)('%s', async ([, bytes, code]) => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    const client = await RawClient.open(pod.server.port);
    client.socket.write(bytes);
    expect(await client.closeCode()).toBe(code);
    client.socket.destroy();
    await expectSlotBack(pod);
    expect(pod.logged('close')[0]).toMatchObject({ code, podIp: '10.1.2.3' });
  });

  test.for([
    ['with small fragments', 'x', 1008],
    ['with empty fragments', '', 1008],
    ['with large fragments', 'x'.repeat(1000), 1009],
  ] as const)('a message fragmented for ever %s', async ([, payload, code]) => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    const client = await RawClient.open(pod.server.port);
    client.socket.write(frame(OPCODE.text, payload, { fin: false }));
    const more = frame(OPCODE.continuation, payload, { fin: false });
    for (let sent = 0; sent < 500 && !client.socket.destroyed; sent++) client.socket.write(more);
    expect(await client.closeCode()).toBe(code);
    await expectSlotBack(pod);
  });

  test('the largest message allowed, in as many fragments as allowed, is answered', async () => {
    const pod = await serve();
    const client = await RawClient.open(pod.server.port);
    client.socket.write(frame(OPCODE.text, 'x'.repeat(32), { fin: false }));
    for (let sent = 1; sent < 127; sent++) {
      client.socket.write(frame(OPCODE.continuation, 'x'.repeat(32), { fin: false }));
    }
    client.socket.write(frame(OPCODE.continuation, 'x'.repeat(32)));
    await until('a reply', () => client.text.includes('"podIp":"10.1.2.3"'));
  });
});

describe('every way out gives the slot back', () => {
  const ways: [name: string, leave: (client: RawClient) => void][] = [
    ['closing handshake', (client) => void client.socket.end(frame(OPCODE.close, Buffer.from([3, 0xe8])))],
    ['FIN without a closing handshake', (client) => void client.socket.end()],
    ['reset', (client) => void client.socket.resetAndDestroy()],
    [
      'reset in the middle of a frame',
      (client) => {
        client.socket.write(frame(OPCODE.text, 'hello').subarray(0, 5));
        client.socket.resetAndDestroy();
      },
    ],
    [
      'FIN in the middle of a frame',
      (client) => void client.socket.end(frame(OPCODE.text, 'hello').subarray(0, 5)),
    ],
  ];
  test.for(ways)('%s', async ([, leave]) => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    leave(await RawClient.open(pod.server.port));
    await expectSlotBack(pod);
    expect(pod.logged('close')).toHaveLength(1);
  });

  test('gone right after asking', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    for (let round = 0; round < 20; round++) {
      const client = await RawClient.connect(pod.server.port);
      client.socket.write(upgradeHead(), () => client.socket.resetAndDestroy());
    }
    await expectSlotBack(pod);
  });

  test('a peer that stops answering pings is cut', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1, pingIntervalSeconds: 0.1 });
    const client = await RawClient.open(pod.server.port);
    await client.ended();
    expect(client.text).toContain('\x89\x00');
    await expectSlotBack(pod);
    expect(pod.logged('close')[0]).toMatchObject({ code: 1006, reason: 'no pong within 0.1 s' });
  });

  test('a peer that answers pings stays', async () => {
    const pod = await serve({ pingIntervalSeconds: 0.5 });
    const socket = new WebSocket(pod.ws);
    let pings = 0;
    socket.on('ping', () => pings++);
    await until('five pings', () => pings >= 5);
    expect(pod.server.openConnections).toBe(1);
    socket.terminate();
  });

  test('a peer that does not answer the close is cut', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    const client = await RawClient.open(pod.server.port);
    client.socket.write(frame(OPCODE.binary, 'x'));
    expect(await client.closeCode()).toBe(1003);
    await expectSlotBack(pod);
  });

  /** Here it is what the peer leaves unread that ends it, not what it sends. */
  const withoutBudget = { messagesPerSecondPerConnection: 1e6, bytesPerSecondPerConnection: 2 ** 30 };

  test('a peer that never reads is cut', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1, ...withoutBudget });
    const client = await RawClient.open(pod.server.port);
    client.socket.pause();
    const burst = Buffer.concat(Array.from({ length: 1000 }, () => frame(OPCODE.text, 'x')));
    const flood = setInterval(() => client.socket.writableNeedDrain || client.socket.write(burst), 1);
    await until('the cut', () => pod.logged('close').length > 0).finally(() => clearInterval(flood));
    expect(pod.logged('close')[0]).toMatchObject({ code: 1006, reason: 'peer does not read' });
    await expectSlotBack(pod);
  });

  test('a peer that half-closes and leaves replies unread is cut', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1, ...withoutBudget });
    const client = await RawClient.open(pod.server.port);
    client.socket.pause();
    const burst = Buffer.concat(Array.from({ length: 400 }, () => frame(OPCODE.text, 'x')));
    for (let handedOver = true, sent = 0; handedOver; ) {
      client.socket.write(burst);
      sent += 400;
      await until('the burst is read', async () => (await pod.metric('ws_server_messages_total')) === sent);
      handedOver = (await pod.metric('ws_server_reply_seconds_count')) === sent;
    }
    expect(pod.server.openConnections).toBe(1);
    client.socket.end();
    await expectSlotBack(pod);
    expect(pod.logged('close')[0]).toMatchObject({ code: 1006, reason: 'half-closed' });
  });
});

describe('requests that never become a connection', () => {
  const bad: [name: string, head: string][] = [
    ['no key', upgradeHead({ 'Sec-WebSocket-Key': undefined })],
    ['a key of the wrong length', upgradeHead({ 'Sec-WebSocket-Key': 'short' })],
    ['a wrong version', upgradeHead({ 'Sec-WebSocket-Version': '12' })],
    ['no version', upgradeHead({ 'Sec-WebSocket-Version': undefined })],
    ['POST', upgradeHead({}, 'POST / HTTP/1.1')],
    ['a broken protocol list', upgradeHead({ 'Sec-WebSocket-Protocol': 'a,,b' })],
  ];
  test.for(bad)('%s: 400, and no slot is kept', async ([, head]) => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    const client = await RawClient.connect(pod.server.port);
    client.socket.write(head);
    expect(await client.head()).toBe(400);
    await client.ended();
    expect(pod.server.highWater).toBe(0);
    await expectSlotBack(pod);
    expect(await pod.metric('ws_server_upgrades_total{result="bad_request"}')).toBe(1);
  });

  test('another protocol than WebSocket is not upgraded', async () => {
    const pod = await serve();
    const client = await RawClient.connect(pod.server.port);
    client.socket.write(upgradeHead({ Upgrade: 'h2c' }));
    expect(await client.head()).toBe(426);
    expect(client.text).toMatch(/^upgrade: websocket\r$/im);
  });

  test('a head that is too large: 431 with a word, counted and logged; one that an edge lets through is read', async () => {
    const pod = await serve();
    const client = await RawClient.connect(pod.server.port);
    client.socket.write(upgradeHead({ 'X-Large': 'x'.repeat(40_000) }));
    expect(await client.head()).toBe(431);
    await client.ended();
    expect(client.text).toContain('head too large: at most 32768 bytes');
    expect(await pod.metric('ws_server_unreadable_requests_total{status="431"}')).toBe(1);
    expect(pod.logged('unreadable')).toMatchObject([{ status: 431, podIp: '10.1.2.3' }]);
    const within = await RawClient.connect(pod.server.port);
    within.socket.write(upgradeHead({ 'X-Large': 'x'.repeat(20_000) }));
    expect(await within.head()).toBe(101);
  });

  test('not HTTP at all: 400', async () => {
    const pod = await serve();
    const client = await RawClient.connect(pod.server.port);
    client.socket.write('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n');
    expect(await client.head()).toBe(400);
    await client.ended();
    expect(await pod.metric('ws_server_unreadable_requests_total{status="400"}')).toBe(1);
  });

  test.for([
    ['silent', ''],
    ['stopped in the middle of the head', upgradeHead().slice(0, 40)],
  ] as const)('%s: cut', async ([, bytes]) => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1, handshakeTimeoutSeconds: 0.2 });
    const client = await RawClient.connect(pod.server.port);
    client.socket.write(bytes);
    await client.ended();
    expect(pod.server.highWater).toBe(0);
  });

  test('a head that comes byte by byte: cut', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1, handshakeTimeoutSeconds: 0.2 });
    const client = await RawClient.connect(pod.server.port);
    const bytes = upgradeHead({ 'X-Long': 'x'.repeat(4000) });
    let sent = 0;
    const drip = setInterval(() => client.socket.destroyed || client.socket.write(bytes[sent++] ?? 'x'), 5);
    await client.ended().finally(() => clearInterval(drip));
    expect(sent).toBeLessThan(bytes.length);
    await expectSlotBack(pod);
  });

  test('refused clients that reset do no harm', async () => {
    const pod = await serve({ connectionsPerPod: 1 });
    await RawClient.open(pod.server.port);
    for (let round = 0; round < 50; round++) {
      const client = await RawClient.connect(pod.server.port);
      client.socket.write(upgradeHead(), () => client.socket.resetAndDestroy());
      const floods = await RawClient.connect(pod.server.port);
      floods.socket.write(upgradeHead());
      await floods.head();
      floods.socket.write('more', () => floods.socket.resetAndDestroy());
    }
    expect((await fetch(`${pod.http}/healthz`)).status).toBe(200);
    expect(pod.server.openConnections).toBe(1);
  });

  test('a refused client that does not hang up is cut', async () => {
    const pod = await serve({ closeTimeoutSeconds: 0.2, connectionsPerPod: 1 });
    await RawClient.open(pod.server.port);
    const refused = await RawClient.connect(pod.server.port);
    refused.socket.write(upgradeHead());
    expect(await refused.head()).toBe(503);
    const flood = setInterval(() => refused.socket.destroyed || refused.socket.write('more'), 5);
    await until('the cut', () => refused.socket.destroyed).finally(() => clearInterval(flood));
  });
});

test('200 upgrades at once, limit 2: exactly 2 open, 198 told that it is full', async () => {
  const pod = await serve({ connectionsPerPod: 2 });
  const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(pod.server.port)));
  for (const client of clients) client.socket.write(upgradeHead());
  const statuses = await Promise.all(clients.map((client) => client.head()));
  expect(statuses.filter((status) => status === 101)).toHaveLength(2);
  expect(statuses.filter((status) => status === 503)).toHaveLength(198);
  expect(pod.server.highWater).toBe(2);
  expect(await pod.metric('ws_server_upgrades_total{result="full"}')).toBe(198);
});
