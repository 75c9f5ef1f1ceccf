import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '@envoy-poc/env/testing';
import { onTestFinished } from 'vitest';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The head of a correct upgrade request; `headers` replaces or, with undefined, leaves out lines. */
export function upgradeHead(headers: Record<string, string | undefined> = {}, start = 'GET /any HTTP/1.1') {
  const fields = {
    Host: 'test',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  };
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `${[start, ...lines].join('\r\n')}\r\n\r\n`;
}

/** A client frame (RFC 6455, 5.2) with an all-zero mask, so that the payload travels as it is. */
export function frame(opcode: number, payload: string | Buffer = '', { fin = true } = {}): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(body.length < 126 ? 2 : 4);
  head[0] = (fin ? 0x80 : 0) | opcode;
  if (body.length < 126) head[1] = 0x80 | body.length;
  else {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(body.length, 2);
  }
  return Buffer.concat([head, Buffer.alloc(4), body]);
}

/** A TCP connection that speaks exactly what a test wants. */
export class RawClient {
  readonly socket: Socket;
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    socket.on('error', () => {});
  }

  /** Connects only. */
  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Connects and completes the handshake. */
  static async open(port: number): Promise<RawClient> {
    const client = await RawClient.connect(port);
    client.socket.write(upgradeHead());
    await client.head();
    if (!client.text.startsWith('HTTP/1.1 101 ')) throw new Error(`no handshake: ${client.text}`);
    return client;
  }

  /** Everything received so far. */
  get text(): string {
    return this.#received.toString('latin1');
  }

  /** Status of the response once its head is complete. */
  async head(): Promise<number> {
    await until('a response head', () => this.text.includes('\r\n\r\n') || this.socket.destroyed);
    return Number(this.text.split(' ')[1]);
  }

  /** Waits until the server ends the connection. */
  async ended(): Promise<void> {
    await until('the end of the connection', () => this.socket.readableEnded || this.socket.destroyed);
  }

  /** Waits for the server's close frame; its code. */
  async closeCode(): Promise<number> {
    await until('a close frame', () => this.#closeFrame() !== undefined || this.socket.destroyed);
    return this.#closeFrame() ?? 1006;
  }

  #closeFrame(): number | undefined {
    let offset = this.#received.indexOf('\r\n\r\n') + 4;
    while (offset + 2 <= this.#received.length) {
      const opcode = this.#received.readUInt8(offset) & 0x0f;
      const length = this.#received.readUInt8(offset + 1);
      if (opcode === OPCODE.close && offset + 4 <= this.#received.length) {
        return this.#received.readUInt16BE(offset + 2);
      }
      offset += 2 + length;
    }
    return undefined;
  }
}
