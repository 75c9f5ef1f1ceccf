import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { freePort } from '@envoy-poc/env/listen';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Action } from './actions.ts';
import { Recording } from './recording/recording.ts';
import { type ConsoleServer, consoleOrigins, startConsole } from './server.ts';
import { after, opened, setupOf, stateOf } from './testing/run.ts';
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
    log: (requestId) => ({ why: [], lines: [{ from: 'edge-1', line: `line of ${requestId}` }] }),
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

test('what happens is recorded by the clock of the run, and what was logged of it', async () => {
  const now = () => Date.parse(after(7));
  const log = (requestId: string) => ({ why: [], lines: [{ from: 'edge-1', line: `line of ${requestId}` }] });
  const other = await startConsole({ port: await freePort(), setup, state: () => state, log, now });
  onTestFinished(() => other.close());
  other.send(opened(6, 1, 1, 1));
  const recording = await Recording.read(other.recorder.text());
  expect(recording.toMs).toBe(now());
  expect(await recording.logOf('request-1')).toEqual(log('request-1'));
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

describe('who acts on the run', () => {
  let asked: Action[];
  let acting: ConsoleServer;
  let at: string;
  let token: string;

  beforeEach(async () => {
    asked = [];
    const own = await freePort();
    acting = await startConsole({
      ...{ port: own, setup, state: () => state, log: () => ({ why: [], lines: [] }) },
      async act(action) {
        asked.push(action);
        return action.action === 'storm' ? { refused: 'no storm today' } : { done: 'it is done' };
      },
    });
    onTestFinished(() => acting.close());
    at = `${acting.url}/api/actions`;
    token = tokenIn(await (await fetch(acting.url)).text()) ?? '';
  });

  const tokenIn = (html: string) => /<meta name="token" content="([^"]+)"/.exec(html)?.[1];
  const post = (body: unknown, headers: Record<string, string> = { 'x-console-token': token }) =>
    fetch(at, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const addClient = { action: 'add-client' };

  test('has the token of its page, and gets an answer', async () => {
    expect(token).toMatch(/^[\w-]{32}$/);
    const response = await post(addClient, { 'x-console-token': token, origin: acting.url });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ done: 'it is done' });
    const refused = await post({ action: 'storm', attempts: 5 });
    expect(await refused.json()).toEqual({ refused: 'no storm today' });
    expect(asked).toEqual([addClient, { action: 'storm', attempts: 5 }]);
  });

  test.each<[string, Record<string, string>]>([
    ['without a token', {}],
    ['with an empty one', { 'x-console-token': '' }],
    ['with another one', { 'x-console-token': 'A'.repeat(32) }],
    ['from its own page without one', { origin: 'SELF', 'sec-fetch-site': 'same-origin' }],
  ])('%s: 403', async (_, headers) => {
    const response = await post(addClient, { ...headers, ...(headers.origin && { origin: acting.url }) });
    expect(response.status).toBe(403);
    expect(asked).toEqual([]);
  });

  test.each<[string, Record<string, string>]>([
    ['a page of another site', { origin: 'https://other.example' }],
    ['a file', { origin: 'null' }],
    ['a page on another port here', { origin: 'http://127.0.0.1:3000' }],
    ['a name that resolves here', { host: 'rebound.example' }],
  ])('%s is refused, whatever it knows', async (_, headers) => {
    const asking = request({
      ...{ host: '127.0.0.1', port: new URL(at).port, path: '/api/actions' },
      method: 'POST',
      headers: { ...headers, 'x-console-token': token },
    });
    asking.end(JSON.stringify(addClient));
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    response.destroy();
    expect(response.statusCode).toBe(403);
    expect(asked).toEqual([]);
  });

  test('has a token of this run only', async () => {
    const other = await startConsole({
      ...{ port: await freePort(), setup, state: () => state, log: () => ({ why: [], lines: [] }) },
      act: async () => ({ done: '' }),
    });
    onTestFinished(() => other.close());
    expect(tokenIn(await (await fetch(other.url)).text())).not.toBe(token);
    for (const path of ['/api/state', '/api/log?request=a']) {
      expect(await (await fetch(`${acting.url}${path}`)).text()).not.toContain(token);
    }
  });

  test.each([
    ['', 'the body must be an action as a JSON object'],
    ['[1', 'the body must be an action as a JSON object'],
    ['"storm"', 'the body must be an action as a JSON object'],
    [
      { action: 'fly' },
      'action "fly": must be storm, kill, start, pause, resume, drain, add-client, set or tour',
    ],
    [{ action: 'storm', attempts: 'many' }, 'attempts "many": must be a number'],
    [{ action: 'kill' }, 'process undefined: must be the name of a process, such as pod-2'],
    [{ action: 'set', limits: {} }, 'limits {}: must name a limit'],
    [{ action: 'set', limits: { port: 80 } }, 'limits {"port":80}: '],
    [{ action: 'set', limits: { serverReplicas: null } }, 'limits.serverReplicas null: must be a number'],
    [
      { action: 'tour', step: 'home', phase: 'break' },
      'step "home": must be one of edge-only, small-bucket,',
    ],
    [{ action: 'tour', step: 'edge-only', phase: 'mar' }, 'phase "mar": must be break or mend'],
  ])('%j is no action, and why is said', async (body, words) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(words);
    expect(asked).toEqual([]);
  });

  test('says no more than an action takes', async () => {
    expect((await post(`${JSON.stringify(addClient)}${' '.repeat(5000)}`)).status).toBe(413);
    expect(asked).toEqual([]);
  });

  test('posts, and only there', async () => {
    expect((await fetch(at)).status).toBe(405);
    expect((await fetch(`${acting.url}/api/state`, { method: 'POST' })).status).toBe(405);
  });

  test('has nothing to do where a run can only be looked at', async () => {
    const html = await (await fetch(page.url)).text();
    expect(html).not.toContain('name="token"');
    const response = await fetch(`${page.url}/api/actions`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(404);
  });
});
