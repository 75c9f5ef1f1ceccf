import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '@envoy-poc/edge';
import { onTestFinished } from 'vitest';

/** A TCP connection on which a test writes what no client library would. */
export interface Raw {
  socket: Socket;
  /** Status of the answer; 0 while there is none. */
  status(): number;
  /** Whether the other side has left it open. */
  open(): boolean;
}

/** Connects so often and writes `bytes` on each connection; all of them end with the test. */
export async function send(at: SocketAddress, count: number, bytes: (i: number) => string): Promise<Raw[]> {
  const all = Array.from({ length: count }, (_, i) => {
    const socket = connect(at.port, at.address);
    let text = '';
    let closed = false;
    socket.on('error', () => {});
    socket.on('close', () => (closed = true));
    socket.on('end', () => (closed = true));
    socket.on('data', (data) => (text = (text + data).slice(0, 100)));
    // As bytes, whatever they are.
    const head = bytes(i);
    if (head) socket.write(head, 'latin1');
    return {
      socket,
      status: () => Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0),
      open: () => !closed,
    };
  });
  onTestFinished(() => {
    for (const { socket } of all) socket.destroy();
  });
  await Promise.all(all.map(({ socket }) => once(socket, 'connect')));
  return all;
}

/** Connections that the other side has left open so far, of `count` on which nothing is sent. */
export async function silent(at: SocketAddress, count: number): Promise<() => Raw[]> {
  const all = await send(at, count, () => '');
  return () => all.filter((raw) => raw.open());
}

/** The head of a request, without what ends it if `more` says so. */
export function head(first: string, ...lines: string[]): string {
  return [`${first} HTTP/1.1`, 'Host: edge', ...lines, '', ''].join('\r\n');
}

const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const version = 'Sec-WebSocket-Version: 13';

/** The lines that make a WebSocket upgrade of a GET. */
export const upgrade = ['Upgrade: websocket', 'Connection: Upgrade', key, version];

/** Upgrades that no server may accept (RFC 6455, section 4.2.1), or paths that none may serve. */
export const malformed: Record<string, string> = {
  'a NUL in the path': head('GET /a%00', ...upgrade),
  'another method': head('POST /', ...upgrade),
  'a body': head('GET /', ...upgrade, 'Content-Length: 5'),
  'no key': head('GET /', 'Upgrade: websocket', 'Connection: Upgrade', version),
  'a key that is too short': head(
    'GET /',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: eA==',
    version,
  ),
  'no version': head('GET /', 'Upgrade: websocket', 'Connection: Upgrade', key),
  'another version': head(
    'GET /',
    'Upgrade: websocket',
    'Connection: Upgrade',
    key,
    'Sec-WebSocket-Version: 7',
  ),
  'another protocol': head('GET /', 'Upgrade: h2c', 'Connection: Upgrade', key, version),
  'subprotocols that are none': head('GET /', ...upgrade, 'Sec-WebSocket-Protocol: ,,'),
  'two upgrades': head('GET /', ...upgrade, 'Upgrade: websocket'),
  'no Connection': head('GET /', 'Upgrade: websocket', key, version),
};
