import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { until } from '@envoy-poc/env/testing';
import { have } from '@envoy-poc/testing';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type ConsoleServer, consoleOrigins, startConsole } from './console.ts';
import type { RunState } from './events.ts';
import { chromium, openPage } from './testing/browser.ts';

const state: RunState = {
  ...{ at: '2026-01-01T00:00:00.000Z', seconds: 1 },
  pods: [{ name: 'pod-1', address: '127.0.1.1:8080', open: 1, highWater: 2, limit: 2 }],
  slots: { open: 1, capacity: 2, wanted: 5 },
  admissions: { total: 2, opened: 2, last10Seconds: 2, worstSecond: 1 },
  refusals: { rate: 1, full: 0, draining: 0, client: 0, other: 0, unanswered: 0, slowestMilliseconds: 3 },
  replies: { total: 1, wrong: 0 },
  logged: { found: 2, missing: 0 },
  silent: { pods: [], edges: [], pickers: [] },
  verdicts: [
    {
      name: 'limit',
      status: 'holds',
      promise: 'the promise',
      expected: 'at most 2',
      observed: 'most ever: 2',
    },
  ],
};

let page: ConsoleServer;
let port: number;
let broken: boolean;

beforeEach(async () => {
  const finder = createServer().listen(0, '127.0.0.1');
  await once(finder, 'listening');
  port = (finder.address() as AddressInfo).port;
  finder.close();
  broken = false;
  page = await startConsole(port, () => {
    if (broken) throw new Error('no state');
    return state;
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
    for (const path of ['/', '/api/state', '/api/events'])
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

test.runIf(have('chromium', chromium !== undefined, 'Install it, for example: apt-get install chromium'))(
  'a browser shows the state and an event, and nothing of the page fails',
  async () => {
    page.send({ event: 'failed', at: state.at, client: 'client-1', detail: 'ECONNREFUSED', requestId: '' });
    const browser = await openPage(chromium ?? '', page.url);
    onTestFinished(() => browser.close());
    await until('the event is shown', async () =>
      /failed +client-1: ECONNREFUSED/.test(await browser.text()),
    );
    await until('the state is shown', async () => (await browser.text()).includes('1 of 2 open (wanted 5)'));
    expect(await browser.text()).toMatch(/pod-1[\s\S]*●○[\s\S]*holds\s+the promise\s+at most 2/);
    expect(browser.problems).toEqual([]);
  },
);

test('on port 80 it answers by the names that browsers use there', () => {
  expect(consoleOrigins(80)).toEqual(['http://127.0.0.1', 'http://localhost']);
});
