import { WebSocket } from 'ws';

/** Longest wait for an answer. */
const PATIENCE_MS = 20_000;

/** Tries to open a WebSocket; never throws. `status` 0: no answer. */
export function attempt(url: string): Promise<{ status: number; socket?: WebSocket }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: PATIENCE_MS });
    socket.on('error', () => resolve({ status: 0 }));
    socket.once('open', () => resolve({ status: 101, socket }));
    socket.once('unexpected-response', (_, response) => {
      response.resume();
      socket.terminate();
      resolve({ status: response.statusCode ?? 0 });
    });
  });
}
