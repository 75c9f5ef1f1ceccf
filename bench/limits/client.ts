import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What became of an attempt. `status` 0: no answer within the time. */
export interface Outcome {
  status: number;
  milliseconds: number;
  /** When it was answered, in milliseconds of this process's clock. */
  answeredAt: number;
  socket?: WebSocket;
}

/** Tries to open a WebSocket and waits `seconds` at most; never throws. */
export function attempt(url: string, seconds = 10): Promise<Outcome> {
  const began = performance.now();
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: seconds * 1000 });
    const done = (status: number, open?: WebSocket) => {
      const answeredAt = performance.now();
      resolve({ status, milliseconds: answeredAt - began, answeredAt, ...(open && { socket: open }) });
    };
    socket.on('error', () => done(0));
    socket.once('open', () => done(101, socket));
    socket.once('unexpected-response', (_, response) => {
      done(response.statusCode ?? 0);
      response.resume();
      socket.terminate();
    });
  });
}

/** So many attempts at once, through all proxies in turn. */
export function attempts(urls: readonly string[], count: number): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => attempt(urls[i % urls.length] ?? '')));
}

export async function closeAll(outcomes: readonly Outcome[]): Promise<void> {
  await Promise.all(
    outcomes.map(async ({ socket }) => {
      if (!socket) return;
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }),
  );
}
