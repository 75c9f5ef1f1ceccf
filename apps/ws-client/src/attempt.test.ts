import { until } from '@envoy-poc/env/testing';
import { describe, expect, test } from 'vitest';
import { type Answer, accept, refuse, startEdge } from './testing/edge.ts';
import { runClient } from './testing/run-client.ts';

const ONE_QUICK_ATTEMPT = { connectionsPerClient: 1, attemptIntervalSeconds: 0.01 };

/** For answers that never end; others get all the time they need. */
const IMPATIENT = { ...ONE_QUICK_ATTEMPT, handshakeTimeoutSeconds: 0.3 };

async function firstRefusal(answer: Answer, pace: object = ONE_QUICK_ATTEMPT) {
  const edge = await startEdge(answer);
  const { client, logged } = await runClient({ edgeUrls: [edge.url], handshakeTimeoutSeconds: 60, ...pace });
  await until('a refusal', () => logged('refused').length > 0);
  await client.close();
  return { edge, refusal: logged('refused')[0] };
}

describe('each refusal is logged with its reason', () => {
  const full = 'full: 2 of 2 connections open';
  const cases: [name: string, answer: Answer, expected: object, pace?: object][] = [
    [
      '429',
      refuse(429, 'local_rate_limited\n'),
      { reason: 'rate', status: 429, detail: 'local_rate_limited' },
    ],
    ['a full pod', refuse(503, full, ['X-Refusal: full']), { reason: 'full', status: 503, detail: full }],
    ['a draining pod', refuse(503, 'bye', ['X-Refusal: draining']), { reason: 'other', status: 503 }],
    [
      'an edge without pods',
      refuse(503, 'no healthy upstream'),
      { reason: 'other', detail: 'no healthy upstream' },
    ],
    ['full, but not by status', refuse(500, full, ['X-Refusal: full']), { reason: 'other', status: 500 }],
    ['a redirect', refuse(302, '', ['Location: ws://127.0.0.1:1/']), { reason: 'other', status: 302 }],
    ['200', refuse(200, 'hello'), { reason: 'other', status: 200, detail: 'hello' }],
    ['hung up', (_, socket) => void socket.destroy(), { reason: 'other', detail: 'ECONNRESET' }],
    ['not HTTP', (_, socket) => void socket.end('SSH-2.0-x\r\n'), { reason: 'other', detail: /HPE_/ }],
    [
      'a handshake that does not fit the key',
      (_, socket) =>
        void socket.write(
          'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
        ),
      { reason: 'other', detail: 'Invalid Sec-WebSocket-Accept header' },
    ],
    ['silence', () => {}, { reason: 'other', detail: 'no answer within 0.3 s' }, IMPATIENT],
    [
      'a body that never ends',
      (_, socket) => void socket.write('HTTP/1.1 503 X\r\nX-Refusal: full\r\nContent-Length: 99\r\n\r\nfu'),
      { reason: 'full', status: 503, detail: 'fu' },
      IMPATIENT,
    ],
    [
      'a body that breaks off',
      (_, socket) => void socket.end('HTTP/1.1 503 X\r\nX-Refusal: full\r\nContent-Length: 99\r\n\r\nfull'),
      { reason: 'full', status: 503, detail: 'full' },
    ],
  ];
  test.for(cases)('%s', async ([, answer, expected, pace]) => {
    const { edge, refusal } = await firstRefusal(answer, pace);
    const { detail, ...rest } = { detail: expect.anything(), ...expected };
    expect(refusal).toMatchObject({
      ...rest,
      client: 'client-1',
      url: edge.url,
      requestId: edge.requests[0]?.headers['x-request-id'],
      durationMs: expect.any(Number),
    });
    expect(refusal?.detail).toEqual(detail instanceof RegExp ? expect.stringMatching(detail) : detail);
  });

  test('nobody listens', async () => {
    const { logged } = await runClient({ edgeUrls: ['ws://127.0.0.1:1/'], ...ONE_QUICK_ATTEMPT });
    await until('a refusal', () => logged('refused').length > 0);
    expect(logged('refused')[0]).toMatchObject({ reason: 'other', detail: 'ECONNREFUSED' });
    expect(logged('refused')[0]).not.toHaveProperty('status');
  });
});

test('of a long body the first 200 bytes are kept, whole characters only', async () => {
  const { refusal } = await firstRefusal(refuse(503, `x${'é'.repeat(5000)}`));
  expect(refusal?.detail).toBe(`x${'é'.repeat(99)}`);
});

test('a head that drips in for ever is given up in time', async () => {
  const { refusal } = await firstRefusal((_request, socket) => {
    socket.write('HTTP/1.1 503 X\r\nX-Long: ');
    const drip = setInterval(() => socket.write('x'), 5);
    socket.on('close', () => clearInterval(drip));
  }, IMPATIENT);
  expect(refusal).toMatchObject({ reason: 'other', detail: 'no answer within 0.3 s' });
});

test('an attempt that is given up leaves no socket behind', async () => {
  let left = 0;
  const edge = await startEdge((_request, socket) => {
    socket.resume();
    socket.on('end', () => {
      left++;
      socket.end();
    });
  });
  await runClient({ edgeUrls: [edge.url], ...IMPATIENT });
  await until('the client hangs up', () => left > 0);
});

test('a request id of its own goes with each attempt and into the log', async () => {
  const edge = await startEdge(refuse(429));
  const { logged } = await runClient({ edgeUrls: [edge.url], ...ONE_QUICK_ATTEMPT });
  await until('ten attempts', () => edge.requests.length >= 10);
  edge.answer = accept();
  await until('an open connection', () => logged('open').length === 1);
  const ids = edge.requests.map(({ headers }) => headers['x-request-id']);
  expect(new Set(ids).size).toBe(ids.length);
  expect(logged('open')[0]).toMatchObject({ requestId: ids.at(-1), url: edge.url, connectionId: 1 });
});

test('attempts go to the edges at random, from the source address', async () => {
  const edges = [await startEdge(refuse(429)), await startEdge(refuse(429), '127.0.0.2')];
  await runClient({
    edgeUrls: edges.map(({ url }) => url),
    ...ONE_QUICK_ATTEMPT,
    sourceAddress: '127.0.0.77',
  });
  await until('both are tried', () => edges.every(({ requests }) => requests.length > 0));
});
