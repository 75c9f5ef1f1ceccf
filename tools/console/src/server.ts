import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isForeignPage } from '@envoy-poc/env';
import { actionFrom, bodyOf, isToken, MOST_BODY_BYTES } from './action-request.ts';
import { type Action, type ActionResult, tokenHeader } from './actions.ts';
import { bundlePage } from './bundle.ts';
import type { RunEvent, RunState, Setup } from './events.ts';
import { Recorder } from './recording/recorder.ts';
import { reduce, startView, type View } from './view.ts';

/**
 * The page and its API: `GET /`, `GET /api/state`, `GET /api/events` (server-sent: the view so far, then every event),
 * `GET /api/log?request=<id>`; and `POST /api/actions` where the run can be acted on.
 */
export interface ConsoleServer {
  url: string;
  /** Has all that was sent. */
  recorder: Recorder;
  /** Sends an event to everybody who follows. */
  send(event: RunEvent): void;
  close(): Promise<void>;
}

export interface ConsoleOptions {
  /** Of 127.0.0.1. */
  port: number;
  setup: Setup;
  state: () => RunState;
  /** What was logged of a request. */
  log: (requestId: string) => RequestLog;
  /** Of the clock by which events are told: epoch milliseconds. Default: `Date.now`. */
  now?: () => number;
  /** Does something to the run for who uses the page. Left out: it can only be looked at. */
  act?: (action: Action) => Promise<ActionResult>;
}

/** A line of somebody's log as it was written. */
interface LogLine {
  /** Who wrote it, such as `edge-1`. */
  from: string;
  line: string;
}

/** What the logs say of a request. */
export interface RequestLog {
  /** Why each of its attempts was answered as it was, a paragraph for each. */
  why: string[];
  lines: LogLine[];
}

/** Followers at once. */
const MOST_FOLLOWERS = 50;

/** A follower that leaves more than this unread, beside the view that it began with, is let go, in bytes. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/** No other page may frame this one, read it or make it load anything from elsewhere. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** Where the console of a port is, by the names that it answers to. */
export function consoleOrigins(port: number): string[] {
  // A browser leaves the port 80 out.
  return ['127.0.0.1', 'localhost'].map((host) => new URL(`http://${host}:${port}`).origin);
}

/** Serves the console on a port of 127.0.0.1. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const { port, setup, state, log, now = Date.now, act } = options;
  const page = await bundlePage();
  // In the page and nowhere else: who may not read the page may not act.
  const token = randomBytes(24).toString('base64url');
  const html = act
    ? page.html.replace('</head>', () => `<meta name="token" content="${token}" /></head>`)
    : page.html;
  const places = `/, /api/state, /api/events${act ? ', /api/actions' : ''} and /api/log?request=<id>`;
  const origins = consoleOrigins(port);
  const followers = new Map<ServerResponse, { mostUnreadBytes: number }>();
  let view: View = startView(setup);
  const recorder = new Recorder(view, { log, now });
  let pending: RunEvent[] = [];
  const viewNow = () => {
    view = reduce(view, pending);
    pending = [];
    return view;
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const say = (status: number, text: string, more = {}) =>
      void response
        .writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', ...more })
        .end(text);
    const json = (value: unknown) => say(200, JSON.stringify(value), { 'content-type': 'application/json' });
    const [path = '', query] = request.url?.split('?', 2) ?? [];
    if (!origins.includes(`http://${request.headers.host}`)) {
      // A page from elsewhere could otherwise read this by a name that resolves to 127.0.0.1.
      say(403, `the console answers as ${origins.join(' and ')} only\n`);
    } else if (isForeignPage(request.headers, origins)) {
      say(403, 'the console answers no page of another site\n');
    } else if (!/^\/(?!\/)/.test(path)) {
      say(400, `not a path; there are ${places}\n`);
    } else if (path === '/api/actions' && act) {
      if (request.method !== 'POST') say(405, '', { allow: 'POST' });
      else if (!isToken(request.headers[tokenHeader], token)) {
        say(403, `${tokenHeader} must be the token of this run, which its page holds; load the page again\n`);
      } else {
        takeAction(request, act).then(
          ({ status, answer }) =>
            typeof answer === 'string' ? say(status, `${answer}\n`, { connection: 'close' }) : json(answer),
          (error) => say(500, `${error}\n`),
        );
      }
    } else if (path === '/api/actions') {
      say(404, `this run can only be looked at; there are ${places}\n`);
    } else if (request.method !== 'GET') {
      say(405, '', { allow: 'GET' });
    } else if (path === '/') {
      const allowed = { 'content-security-policy': page.policy, 'content-type': 'text/html; charset=utf-8' };
      say(200, html, allowed);
    } else if (path === '/api/state') {
      json(state());
    } else if (path === '/api/log') {
      json(log(new URLSearchParams(query).get('request') ?? ''));
    } else if (path === '/api/events' && followers.size >= MOST_FOLLOWERS) {
      say(503, `${MOST_FOLLOWERS} follow already\n`);
    } else if (path === '/api/events') {
      const first = `event: view\nretry: 1000\ndata: ${JSON.stringify(viewNow())}\n\n`;
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
      response.write(first);
      followers.set(response, { mostUnreadBytes: MOST_UNREAD_BYTES + Buffer.byteLength(first) });
      response.once('close', () => followers.delete(response));
    } else {
      say(404, `not found; there are ${places}\n`);
    }
  }

  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch (error) {
      // Whatever it is, it must not end the run that is only looked at.
      if (!response.headersSent) response.writeHead(500, headers);
      response.end(`${error}\n`);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${port}`,
    recorder,
    send(event) {
      pending.push(event);
      recorder.add(event);
      if (event.event === 'state') viewNow();
      const text = `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
      for (const [follower, { mostUnreadBytes }] of followers) {
        if (follower.writableLength > mostUnreadBytes) follower.destroy();
        else follower.write(text);
      }
    },
    close() {
      for (const follower of followers.keys()) follower.end();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Does what the body of a request says; a text says why it says nothing that can be done. */
async function takeAction(
  request: IncomingMessage,
  act: (action: Action) => Promise<ActionResult>,
): Promise<{ status: number; answer: ActionResult | string }> {
  const body = await bodyOf(request);
  if (body === undefined) {
    return { status: 413, answer: `the body is longer than ${MOST_BODY_BYTES} bytes, as no action is` };
  }
  const action = actionFrom(body);
  return typeof action === 'string'
    ? { status: 400, answer: action }
    : { status: 200, answer: await act(action) };
}
