import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Clients of a WebSocket server that cost little themselves: sockets whose frames are written by hand (RFC 6455, 5.2). */

const handshake = (host: string) =>
  `GET / HTTP/1.1\r\nHost: ${host}:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Opens a WebSocket, which answers pings; throws where the answer is not 101. */
export async function open(host: string): Promise<Socket> {
  const socket = connect({ host, port: 8080, noDelay: true });
  await once(socket, 'connect');
  socket.write(handshake(host));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const [status = ''] = answer.toString('latin1').split('\r\n', 1);
  if (!status.startsWith('HTTP/1.1 101')) throw new Error(`${host} answered ${status}`);
  socket.on('error', () => socket.destroy());
  socket.on('data', (frame) => {
    if (frame[0] === PING) socket.write(maskedFrame(PONG, frame.subarray(2)));
  });
  return socket;
}

const TEXT = 0x81;
const PING = 0x89;
const PONG = 0x8a;

function maskedFrame(kind: number, payload: Uint8Array): Buffer {
  if (payload.length > 125) throw new Error(`${payload.length} bytes do not fit into a short frame`);
  return Buffer.concat([Buffer.from([kind, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** A text frame of a client, its mask 0. */
export function textFrame(text: string): Buffer {
  return maskedFrame(TEXT, Buffer.from(text));
}

/** Sends a message and waits for the reply, which is one frame. */
export async function exchange(socket: Socket, message: Buffer): Promise<void> {
  const replied = replyOf(socket);
  socket.write(message);
  await replied;
}

function replyOf(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      socket.off('data', onData).off('close', onClose);
      if (error) reject(error);
      else resolve();
    };
    const onData = (frame: Buffer) => {
      if (frame[0] === TEXT) settle();
    };
    const onClose = () => settle(new Error('the server closed the connection'));
    socket.on('data', onData).once('close', onClose);
  });
}
