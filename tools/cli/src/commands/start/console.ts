import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isForeignPage } from '@envoy-poc/env';
import type { RunEvent, RunState } from './events.ts';

/** The page and its API: `GET /`, `GET /api/state`, `GET /api/events` (server-sent). */
export interface ConsoleServer {
  url: string;
  /** Sends an event to everybody who follows. */
  send(event: RunEvent): void;
  close(): Promise<void>;
}

/** Events that somebody who follows late still gets. */
const KEPT_EVENTS = 100;

/** Followers at once. */
const MOST_FOLLOWERS = 50;

/** A follower that leaves more than this unread is let go, in bytes. */
const MOST_UNREAD_BYTES = 1024 * 1024;

/** No other page may frame this one, read it or make it load anything from elsewhere. */
const headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; " +
    "img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** Where the console of a port is, by the names that it answers to. */
export function consoleOrigins(port: number): string[] {
  // A browser leaves the port 80 out.
  return ['127.0.0.1', 'localhost'].map((host) => new URL(`http://${host}:${port}`).origin);
}

/** Serves the console on a port of 127.0.0.1. */
export async function startConsole(port: number, state: () => RunState): Promise<ConsoleServer> {
  const page = await readFile(new URL('./console.html', import.meta.url));
  const origins = consoleOrigins(port);
  const followers = new Set<ServerResponse>();
  const kept: string[] = [];

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const say = (status: number, text: string, more = {}) =>
      void response
        .writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8', ...more })
        .end(text);
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!origins.includes(`http://${request.headers.host}`)) {
      // A page from elsewhere could otherwise read this by a name that resolves to 127.0.0.1.
      say(403, `the console answers as ${origins.join(' and ')} only\n`);
    } else if (isForeignPage(request.headers, origins)) {
      say(403, 'the console answers no page of another site\n');
    } else if (!/^\/(?!\/)/.test(path)) {
      say(400, 'not a path; there are /, /api/state and /api/events\n');
    } else if (request.method !== 'GET') {
      say(405, '', { allow: 'GET' });
    } else if (path === '/') {
      response.writeHead(200, { ...headers, 'content-type': 'text/html; charset=utf-8' }).end(page);
    } else if (path === '/api/state') {
      const text = JSON.stringify(state());
      response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(text);
    } else if (path === '/api/events' && followers.size >= MOST_FOLLOWERS) {
      say(503, `${MOST_FOLLOWERS} follow already\n`);
    } else if (path === '/api/events') {
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' });
      response.write(kept.join(''));
      followers.add(response);
      response.once('close', () => followers.delete(response));
    } else {
      say(404, 'not found; there are /, /api/state and /api/events\n');
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
    send(event) {
      const text = `event: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`;
      if (event.event !== 'state') kept.push(text);
      if (kept.length > KEPT_EVENTS) kept.shift();
      for (const follower of followers) {
        if (follower.writableLength > MOST_UNREAD_BYTES) follower.destroy();
        else follower.write(text);
      }
    },
    close() {
      for (const follower of followers) follower.end();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
