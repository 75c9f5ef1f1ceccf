import { get } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** An edge gives a pod so long to answer an upgrade, and its health check one second (libs/edge). */
const UPGRADE_MS = 2000;
const HEALTH_MS = 1000;

/** What a server answered to an upgrade. */
export type Upgrade =
  | { readonly status: 101; readonly socket: OpenSocket }
  | { readonly status: number; readonly socket?: undefined; readonly triedBefore: boolean }
  | { readonly status: undefined; readonly fault: string; readonly socket?: undefined };

/** A WebSocket that is open, or was. */
export interface OpenSocket {
  /** With the code of the close frame, 1006 where there was none, and the time in milliseconds. */
  readonly closed: Promise<{ readonly code: number; readonly at: number }>;
  readonly pinged: Promise<void>;
  readonly isOpen: boolean;
  /** Ends it by the closing handshake, or by cutting the TCP connection. */
  end(how: 'close' | 'cut'): Promise<void>;
  /** Sends a ping and waits for its pong, for a second. */
  ping(): Promise<boolean>;
  /** The first answer to a text message, within a second. */
  ask(text: string): Promise<string | undefined>;
}

/** How an upgrade is asked for. */
export interface UpgradeOptions {
  /** Whether the server's pings are answered. By default they are. */
  readonly pongs?: boolean;
  /** As an edge names a request, the same for each pod that it tries. */
  readonly requestId?: string;
}

/** Asks for an upgrade. Never throws. */
export function upgrade(url: URL, { pongs = true, requestId }: UpgradeOptions = {}): Promise<Upgrade> {
  return new Promise((resolve) => {
    const headers = requestId === undefined ? {} : { 'x-request-id': requestId };
    const socket = new WebSocket(url, { handshakeTimeout: UPGRADE_MS, autoPong: pongs, headers });
    let transport: Socket | undefined;
    const closed = Promise.withResolvers<{ code: number; at: number }>();
    const pinged = Promise.withResolvers<void>();
    socket.on('upgrade', (response) => {
      transport = response.socket;
    });
    socket.on('ping', () => pinged.resolve());
    socket.on('close', (code) => closed.resolve({ code, at: performance.now() }));
    socket.on('error', (error) => resolve({ status: undefined, fault: error.message || String(error) }));
    socket.on('unexpected-response', (request, { statusCode = 0, headers: given }) => {
      const triedBefore = given['x-envoy-ratelimited'] !== undefined;
      resolve({ status: statusCode, triedBefore });
      request.destroy();
    });
    socket.on('open', () =>
      resolve({
        status: 101,
        socket: {
          closed: closed.promise,
          pinged: pinged.promise,
          get isOpen() {
            return socket.readyState === socket.OPEN;
          },
          async end(how) {
            if (how === 'cut') transport?.destroy();
            else socket.close();
            await Promise.race([closed.promise, sleep(1000)]);
            socket.terminate();
          },
          ping: () => within(1000, once(socket, 'pong'), () => socket.ping()).then((pong) => !!pong),
          ask: (text) => within(1000, once(socket, 'message').then(String), () => socket.send(text)),
        },
      }),
    );
  });
}

/** What a server's `/healthz` says; `fault`: why it could not be asked. */
export interface Health {
  readonly status?: number;
  readonly degraded?: boolean;
  readonly text?: string;
  readonly fault?: string;
}

/** Asks for a path as an edge does, with its patience. Never throws. */
export function ask({ hostname, port }: URL, path = '/healthz'): Promise<Health> {
  return new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const options = { host, port: port || 80, path, agent: false, timeout: HEALTH_MS };
    const request = get(options, async (response) => {
      const degraded = response.headers['x-envoy-degraded'] !== undefined;
      const chunks = await response
        .setEncoding('utf8')
        .toArray()
        .catch(() => []);
      resolve({ status: response.statusCode ?? 0, degraded, text: chunks.join('') });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${HEALTH_MS / 1000} s`)));
    request.on('error', (error) => resolve({ fault: error.message || String(error) }));
  });
}

/** Health in words: `200 with x-envoy-degraded`. */
export function inWords({ status, degraded, fault }: Health): string {
  return fault ?? `${status} ${degraded ? 'with' : 'without'} x-envoy-degraded`;
}

/** Asks again and again until an answer will do, for `milliseconds`; the last answer. */
export async function eventually<T>(
  look: () => Promise<T>,
  willDo: (answer: T) => boolean,
  milliseconds: number,
): Promise<T> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const answer = await look();
    if (willDo(answer) || performance.now() > end) return answer;
    await sleep(50);
  }
}

/** What comes of a promise in time; undefined: nothing. */
export async function within<T>(
  milliseconds: number,
  promise: Promise<T>,
  begin = () => {},
): Promise<T | undefined> {
  begin();
  return Promise.race([promise, sleep(milliseconds, undefined, { ref: false })]);
}

function once(socket: WebSocket, event: 'pong' | 'message'): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, (data) => resolve(data ?? true)));
}
