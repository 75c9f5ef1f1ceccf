import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { freePort } from '@envoy-poc/env/listen';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type ConsoleServer, consoleOrigins, startConsole } from './server.ts';
import { opened, setupOf, stateOf } from './testing/run.ts';
import type { View } from './view.ts';

const setup = setupOf({ pods: 1 });
const state = stateOf(setup, 1, [1], [2]);

let page: ConsoleServer;
let port: number;
let broken: boolean;

beforeEach(async () => {
  port = await freePort();
  broken = false;
  page = await startConsole({
    port,
    setup,
    state: () => {
      if (broken) throw new Error('no state');
      return state;
    },
    log: async (requestId) => ({ why: [], lines: [{ from: 'edge-1', line: `line of ${requestId}` }] }),
  });
  onTestFinished(() => page.close());
});

/** Asks exactly what it is told, as a browser of another site or `curl --path-as-is` can. */
async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const request = get({ host: '127.0.0.1', port, path, method, headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const framed = response.headers['content-security-policy']?.includes("frame-ancestors 'none'");
  response.destroy();
  return { status: response.statusCode, framed };
}

test.each(['//', '//other.example/api/state', 'http://[', '*', '/\\', 'x'])(
  'GET %s does no harm',
  async (path) => {
    expect([400, 404]).toContain((await ask(path)).status);
    expect((await ask('/api/state')).status).toBe(200);
  },
);

test('a fault in an answer is a 500, and the next is answered', async () => {
  broken = true;
  expect((await ask('/api/state')).status).toBe(500);
  broken = false;
  expect((await ask('/api/state')).status).toBe(200);
});

describe('a page of another site', () => {
  const elsewhere: [what: string, headers: Record<string, string>][] = [
    ['fetches', { origin: 'https://other.example', 'sec-fetch-site': 'cross-site' }],
    ['is a file or a sandboxed frame', { origin: 'null' }],
    ['runs on another port here', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }],
    ['loads as a script', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['comes by a name that resolves here', { host: 'rebound.example:7070' }],
    ['comes by a name with our address in it', { host: '127.0.0.1.rebound.example' }],
  ];
  test.each(elsewhere)('%s: 403 everywhere', async (_, headers) => {
    for (const path of ['/', '/api/state', '/api/events', '/api/log?request=a'])
      expect((await ask(path, headers)).status).toBe(403);
    expect((await ask('/api/state', headers, 'POST')).status).toBe(403);
  });

  test('may link here, and not frame it', async () => {
    const link = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect(await ask('/', link)).toEqual({ status: 200, framed: true });
    expect((await ask('/', { ...link, 'sec-fetch-dest': 'iframe' })).status).toBe(403);
  });
});

test('its own page, and programs, get answers by both names', async () => {
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`]) {
    expect((await ask('/api/state', { host, origin: `http://${host}` })).status).toBe(200);
    expect((await ask('/api/state', { host })).status).toBe(200);
  }
});

test('a follower that does not read is let go', async () => {
  const follower = connect(port, '127.0.0.1');
  onTestFinished(() => void follower.destroy());
  follower.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
  await once(follower, 'readable');
  const gone = new Promise((resolve) => {
    follower.on('error', resolve);
    follower.on('end', resolve);
  });
  const detail = 'x'.repeat(100_000);
  for (let n = 0; n < 200; n++) {
    page.send({ event: 'failed', at: state.at, client: 'client-1', detail, requestId: '' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  follower.resume();
  await gone;
});

test('who comes late gets the view so far, then what happens', async () => {
  page.send(opened(1, 1, 1, 1));
  const request = get({ host: '127.0.0.1', port, path: '/api/events' });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  onTestFinished(() => void response.destroy());
  response.setEncoding('utf8');
  let text = '';
  const received = async (what: string) => {
    while (!text.includes(what)) text += (await once(response, 'data'))[0];
  };
  await received('\n\n');
  const view: View = JSON.parse(/^event: view\nretry: \d+\ndata: (.*)\n\n/.exec(text)?.[1] ?? 'null');
  expect(view.pods['pod-1']).toMatchObject([{ client: 'client-1', requestId: 'request-1' }]);
  page.send(opened(2, 2, 1, 1));
  await received('event: open\n');
  expect(text).toContain('"requestId":"request-2"');
});

test('log lines are those of the request that was asked for', async () => {
  const response = await fetch(`${page.url}/api/log?request=a%20b`);
  expect(await response.json()).toEqual({ why: [], lines: [{ from: 'edge-1', line: 'line of a b' }] });
});

test('no more follow than it bears, and a place is free again', async () => {
  const followers = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const request = get({ host: '127.0.0.1', port, path: '/api/events', agent: false });
      return ((await once(request, 'response')) as [IncomingMessage])[0];
    }),
  );
  onTestFinished(() => followers.forEach((one) => void one.destroy()));
  expect((await ask('/api/events')).status).toBe(503);
  followers[0]?.destroy();
  await expect.poll(async () => (await ask('/api/events')).status).toBe(200);
});

test('on port 80 it answers by the names that browsers use there', () => {
  expect(consoleOrigins(80)).toEqual(['http://127.0.0.1', 'http://localhost']);
});
