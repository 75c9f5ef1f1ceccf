import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { until } from '@envoy-poc/env/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Report } from './report.ts';
import { idlers, pick } from './testing/harness.ts';

/** A TCP connection and what it received. */
async function raw(port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  let closed = false;
  socket.on('data', (data) => {
    received += data.toString('latin1');
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  await once(socket, 'connect');
  return {
    socket,
    closed: () => until('the connection is cut', () => closed),
    received: () => received,
  };
}

/** A picker that has heard one pod of two slots. */
async function pickOne(config = {}) {
  const picker = await pick(config);
  const pod = await picker.pod('127.0.0.1');
  let word: Partial<Report> = {};
  const words = setInterval(() => pod.say(word), 500);
  onTestFinished(() => clearInterval(words));
  const say = (taken: number, opened: string) => {
    word = { taken };
    pod.say({ taken, opened });
  };
  pod.say(word);
  await picker.ready();
  return { ...picker, say };
}

describe('what an edge is told', () => {
  test('before any pod is heard: 503, which edges take for an error', async () => {
    const { ask, healthz, http } = await pick();
    expect(await healthz()).toBe(503);
    expect(await ask('a')).toMatchObject({ status: 503, body: 'not ready: no pod\n' });
    expect(
      (await (await fetch(`${http}/metrics`)).text()).includes('answers_total{answer="unready"} 1'),
    ).toBe(true);
  });

  test('where to go, too fast, full; and a line about each', async () => {
    const picker = await pickOne({ newConnectionsPerSecond: 4 });
    const { ask, logged, say, metric } = picker;
    await until('the first interval is over', async () => (await ask('a')).status === 200);
    const rate = await ask('b');
    expect(rate).toMatchObject({ status: 429, headers: { 'x-refusal': 'rate', 'retry-after': '1' } });
    say(2, 'a');
    await until('it is full', async () => (await metric('endpoint_picker_free_slots')) === 0);
    const full = await ask('c', '192.0.2.9');
    expect(full).toMatchObject({ status: 409, headers: { 'x-refusal': 'full', 'retry-after': '1' } });
    expect(full.headers['x-gateway-destination-endpoint']).toBeUndefined();
    const lines = logged('decision').filter(({ answer }) => answer !== 'unready');
    const of = (id: string) => lines.filter(({ requestId }) => requestId === id).at(-1);
    const endpoints = ['127.0.0.1:8080'];
    expect(of('a')).toMatchObject({ client: '192.0.2.1', answer: 'picked', pod: endpoints[0], endpoints });
    const one = { pods: 1, intervalMs: 250 };
    expect(of('b')).toMatchObject({
      ...{ client: '192.0.2.1', answer: 'rate', of: 'all' },
      ...{ ...one, freeSlots: 1, slotsTaken: 0, handedOut: 1 },
    });
    expect(of('b')?.waitMs).toBeGreaterThan(0);
    expect(of('b')?.waitMs).toBeLessThanOrEqual(250);
    expect(of('c')).toMatchObject({
      ...{ client: '192.0.2.9', answer: 'full' },
      ...{ ...one, freeSlots: 0, slotsTaken: 2, handedOut: 0 },
    });
    expect(await metric('endpoint_picker_answers_total{answer="full"}')).toBe(1);
    expect(await metric('endpoint_picker_slots_taken')).toBe(2);
    expect(await metric('endpoint_picker_new_connections_per_second')).toBe(4);
    expect(await metric('endpoint_picker_decision_seconds_count')).toBe(lines.length);
  });

  test('that it is a picker, and that it lives before it is ready', async () => {
    const { http, healthz } = await pick();
    expect(await healthz()).toBe(503);
    expect((await fetch(`${http}/alive`)).status).toBe(200);
    const one = await pickOne();
    const { status, headers } = await fetch(`${one.http}/healthz`);
    expect([status, headers.get('x-envoy-upstream-healthchecked-cluster')]).toEqual([
      200,
      'endpoint-decisions',
    ]);
  });

  test('whole seconds to wait', async () => {
    const { ask } = await pickOne({ newConnectionsPerSecond: 0.1 });
    expect(await ask('a')).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
  });

  test('when this client may come again, where others may now', async () => {
    const { ask, logged } = await pickOne({ newConnectionsPerSecondPerClient: 0.1 });
    expect(await ask('a', '192.0.2.1')).toMatchObject({ status: 200 });
    expect(await ask('b', '192.0.2.1')).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    expect(await ask('c', '192.0.2.2')).toMatchObject({ status: 200 });
    const line = logged('decision').find(({ requestId }) => requestId === 'b');
    expect(line).toMatchObject({ of: 'client', intervalMs: 10_000 });
    expect(line?.waitMs).toBeGreaterThan(9000);
  });

  test('that it keeps the connection for longer than any gateway', async () => {
    const { ask } = await pickOne();
    expect((await ask('a')).headers['keep-alive']).toBe(`timeout=${65 * 60}`);
  });

  test('up to four pods, each with a free slot, those with most first', async () => {
    const picker = await pick();
    for (let n = 1; n <= 6; n++) (await picker.pod(`127.0.1.${n}`)).say({ limit: n, taken: n === 5 ? 5 : 0 });
    await until('all are heard', async () => (await picker.metric('endpoint_picker_pods')) === 6);
    await picker.ready();
    const { headers } = await picker.ask('a');
    expect(headers['x-gateway-destination-endpoint']).toBe(
      '127.0.1.6:8080,127.0.1.4:8080,127.0.1.3:8080,127.0.1.2:8080',
    );
    expect(await picker.metric('endpoint_picker_hand_outs_outstanding')).toBe(1);
  });

  test("a client's path never is the picker's own", async () => {
    const { ask, logged } = await pickOne();
    for (const path of ['/healthz', '/metrics', '/../healthz', '//x?y#z']) {
      expect((await ask(`r${path}`, 'c', path)).status).not.toBe(404);
    }
    expect(logged('decision')).toHaveLength(4);
  });

  test('who names no request is no edge', async () => {
    const { http, logged } = await pickOne();
    expect((await fetch(`${http}/decide/`)).status).toBe(400);
    expect((await fetch(`${http}/`, { method: 'POST', body: 'x' })).status).toBe(404);
    expect(logged('decision')).toEqual([]);
  });
});

describe('hostile input', () => {
  test.for([
    [431, 'a head that is too large', `GET /decide HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`],
    [400, 'no HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n'],
    [408, 'a head that stops', 'GET /decide HTTP/1.1\r\nhost'],
    [408, 'silence', ''],
    [405, 'a body that stops', 'POST /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nx'],
  ] as const)('%i and the end for %s', async ([status, , bytes]) => {
    const { picker, healthz, metric, logged } = await pickOne({ headTimeoutSeconds: 0.3 });
    const client = await raw(picker.port);
    client.socket.write(bytes);
    await client.closed();
    expect(client.received()).toContain(`HTTP/1.1 ${status} `);
    expect(await healthz()).toBe(200);
    // Its head was read.
    if (status === 405) return;
    expect(await metric(`endpoint_picker_unreadable_requests_total{status="${status}"}`)).toBe(1);
    expect(logged('unreadable')).toMatchObject([{ status }]);
  });

  test('a head that comes byte by byte is cut', async () => {
    const { picker } = await pickOne({ headTimeoutSeconds: 0.3 });
    const client = await raw(picker.port);
    const drip = setInterval(() => client.socket.write('G'), 20);
    await client.closed().finally(() => clearInterval(drip));
  });

  test('an endless body is not read to its end', async () => {
    const { picker, healthz } = await pickOne({ headTimeoutSeconds: 0.3 });
    const client = await raw(picker.port);
    client.socket.write(
      'POST /decide HTTP/1.1\r\nhost: a\r\nx-request-id: a\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const flood = setInterval(
      () => client.socket.writableNeedDrain || client.socket.write(`400\r\n${'x'.repeat(1024)}\r\n`),
      1,
    );
    await client.closed().finally(() => clearInterval(flood));
    expect(client.received()).toContain('HTTP/1.1 200 ');
    expect(await healthz()).toBe(200);
  });

  test('an upgrade is a question like another', async () => {
    const { picker } = await pickOne();
    const client = await raw(picker.port);
    client.socket.write(
      'GET /decide HTTP/1.1\r\nhost: a\r\nx-request-id: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    await until('an answer', () => client.received().includes('\r\n\r\n'));
    expect(client.received()).toContain('HTTP/1.1 200 ');
  });

  test('a long request id and a long client are cut short', async () => {
    const { ask, logged } = await pickOne();
    await ask('i'.repeat(5000), 'c'.repeat(5000));
    expect(logged('decision')).toMatchObject([{ requestId: 'i'.repeat(128), client: 'c'.repeat(64) }]);
  });

  test('thousands of idle connections: those beyond the most are dropped and counted, an edge is still answered', async () => {
    const { picker, metric, ask } = await pickOne({ headTimeoutSeconds: 8 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const askAgain = async () => {
      const headers = { 'x-request-id': 'edge' };
      const asked = request({ port: picker.port, host: '127.0.0.1', path: '/decide', headers, agent }).end();
      const [response] = await once(asked, 'response');
      response.resume();
      await once(response, 'end');
      return response.statusCode;
    };
    expect(await askAgain()).toBe(200);
    const idle = await idlers(picker.port, 4200);
    expect(await askAgain()).toBe(200);
    await until('they are cut', () => idle.every(({ destroyed }) => destroyed));
    expect(await metric('endpoint_picker_connections_dropped_total{port="decisions"}')).toBeGreaterThan(100);
    // Cutting thousands at once may have kept this process busy for more than a second.
    await until('it answers', async () => (await ask('later')).status < 500);
  });
});

test('draining: unhealthy at once, but it still decides', async () => {
  const { picker, ask, healthz, logged } = await pickOne();
  const drained = picker.drain();
  expect(await healthz()).toBe(503);
  expect((await ask('a')).status).toBe(200);
  await drained;
  expect(logged('stopped')).toHaveLength(1);
  await expect(ask('b')).rejects.toThrow();
});
