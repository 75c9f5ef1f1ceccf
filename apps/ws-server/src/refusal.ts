import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers an upgrade request with a plain response and closes, after `lingerSeconds` at the latest. */
export function refuse(
  socket: Duplex,
  status: number,
  body: string,
  headers: OutgoingHttpHeaders,
  lingerSeconds: number,
): void {
  // Closing with unread bytes would reset the connection, and the client might never see why it was refused.
  socket.resume();
  socket.on('error', () => socket.destroy());
  const linger = setTimeout(() => socket.destroy(), lingerSeconds * 1000);
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
