import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { RunEvent, RunState } from './events.ts';

/** The page and its API: `GET /`, `GET /api/state`, `GET /api/events` (server-sent). */
export interface Console {
  url: string;
  /** Sends an event to everybody who follows. */
  send(event: RunEvent): void;
  close(): Promise<void>;
}

/** Events that somebody who follows late still gets. */
const KEPT_EVENTS = 100;

/** Serves the console on a port of 127.0.0.1. */
export async function startConsole(port: number, state: () => RunState): Promise<Console> {
  const page = await readFile(new URL('./console.html', import.meta.url));
  const followers = new Set<ServerResponse>();
  const kept: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://console');
    if (!isLocal(request.headers.host)) {
      // A page from elsewhere could otherwise read this by a name that resolves to 127.0.0.1.
      response.writeHead(403).end('the console answers to 127.0.0.1 and localhost only\n');
    } else if (request.method !== 'GET') {
      response.writeHead(405, { allow: 'GET' }).end();
    } else if (pathname === '/') {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
    } else if (pathname === '/api/state') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state()));
    } else if (pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(kept.join(''));
      followers.add(response);
      response.once('close', () => followers.delete(response));
    } else {
      response.writeHead(404).end('not found; there are /, /api/state and /api/events\n');
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
      for (const follower of followers) follower.write(text);
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

function isLocal(host = ''): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}
