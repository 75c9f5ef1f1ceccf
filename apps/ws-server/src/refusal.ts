import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** How long a refused client may take to read the answer and hang up, in milliseconds. */
const LINGER_MS = 1000;

/** Answers an upgrade request with a plain response and closes. */
export function refuse(socket: Duplex, status: number, body: string, headers: OutgoingHttpHeaders): void {
  // Closing with unread bytes would reset the connection, and the client might never see why it was refused.
  socket.resume();
  socket.on('error', () => socket.destroy());
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
  const fields = {
    connection: 'close',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  };
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
      '',
      body,
    ].join('\r\n'),
  );
}
