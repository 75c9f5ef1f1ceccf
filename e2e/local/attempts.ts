import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { until } from '../helpers/wait.ts';
import { edgeUrl, openPerPod, type Plane, sum, untilEdgesSee } from './harness.ts';

/** What became of an attempt. `status` 101: `socket` is open; 0: no HTTP answer. */
export interface Attempt {
  status: number;
  socket: WebSocket | undefined;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  milliseconds: number;
}

export interface AttemptOptions {
  headers?: Record<string, string>;
  /** Address to connect from. */
  from?: string;
  timeoutSeconds?: number;
}

/** Tries to open a WebSocket; never throws. Open sockets end with the test. */
export function attempt(url: string, options: AttemptOptions = {}): Promise<Attempt> {
  const { headers = {}, from, timeoutSeconds = 100 } = options;
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      headers,
      perMessageDeflate: false,
      handshakeTimeout: timeoutSeconds * 1000,
      ...(from !== undefined && { localAddress: from }),
    });
    const done = (result: Partial<Attempt>) =>
      resolve({
        ...{ status: 0, socket: undefined, headers: {}, body: '' },
        ...result,
        milliseconds: performance.now() - started,
      });
    socket.on('error', (error) => done({ body: error.message }));
    socket.once('open', () => done({ status: 101, socket }));
    socket.once('unexpected-response', async (_, response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      done({ status: response.statusCode ?? 0, headers: response.headers, body });
      socket.terminate();
    });
  });
}

/** Attempts through all edges in turn, all at once. */
export function storm(plane: Plane, count: number, options: AttemptOptions = {}): Promise<Attempt[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => attempt(edgeUrl(plane, i), options)));
}

/** Attempts at a steady pace through all edges in turn; admitted ones leave at once. */
export async function load(
  plane: Plane,
  pace: { perSecond: number; seconds: number },
  options: (i: number) => AttemptOptions = () => ({}),
): Promise<(Attempt & { at: number })[]> {
  const started = performance.now();
  const results: Promise<Attempt & { at: number }>[] = [];
  for (let i = 0; i < pace.perSecond * pace.seconds; i++) {
    await sleep(Math.max(0, started + (i * 1000) / pace.perSecond - performance.now()));
    results.push(
      attempt(edgeUrl(plane, i), options(i)).then((result) => {
        result.socket?.close();
        return { ...result, at: performance.now() };
      }),
    );
  }
  return Promise.all(results);
}

/** How many of them were admitted. */
export const admitted = (attempts: readonly Attempt[]) =>
  attempts.filter(({ status }) => status === 101).length;

/** The sockets of those that were admitted. */
export function sockets(attempts: readonly Attempt[]): WebSocket[] {
  return attempts.flatMap(({ socket }) => socket ?? []);
}

/** Sends a message and parses the reply. */
export async function ask(socket: WebSocket): Promise<{ timestamp: string; podIp: string }> {
  const answered = new AbortController();
  const closed = once(socket, 'close', { signal: answered.signal }).then(([code]) => {
    throw new Error(`closed with ${code} before a reply`);
  });
  const reply = once(socket, 'message', { signal: answered.signal });
  socket.send('hello');
  try {
    const [data] = await Promise.race([reply, closed]);
    return JSON.parse(data.toString());
  } finally {
    answered.abort();
    await Promise.allSettled([reply, closed]);
  }
}

/** Closes sockets and waits until that is done. */
export async function closeAll(open: readonly WebSocket[]): Promise<void> {
  await Promise.all(
    open.map((socket) => {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      if (socket.readyState === WebSocket.CLOSED) return undefined;
      socket.close();
      return closed;
    }),
  );
}

/** Closes what was admitted, and waits until every pod has its slots back and every edge knows it. */
export async function freeAll(plane: Plane, attempts: readonly Attempt[]): Promise<void> {
  await closeAll(sockets(attempts));
  await until(
    () => sum(openPerPod(plane)) === 0,
    () => `all slots are free: ${openPerPod(plane)}`,
  );
  await untilEdgesSee(plane, plane.limits.serverReplicas, 0);
}
