import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { sample } from '@envoy-poc/cli/runtime/prometheus';
import { show, startPicker } from '@envoy-poc/cli/start';
import type { SocketAddress } from '@envoy-poc/edge';
import { identity } from '@envoy-poc/edge/picker-contract';
import { onTestFinished } from 'vitest';
import { type Plane, pickerAt, pickersReady, sum } from '../local/harness.ts';

/** A TCP server that ends with the test. */
async function serve(at: SocketAddress, onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  onTestFinished(async () => {
    if (server.listening) await close();
  });
  server.listen(at.port, at.address);
  await once(server, 'listening');
  return { cut, close };
}

/** Between the pods and the port of a picker that takes their streams. */
export interface Relay {
  /** Cuts the streams of the pods with these addresses and lets them come no more. */
  cut(pods: readonly string[]): void;
  /** Lets all come again. */
  mend(): void;
}

/**
 * Passes the pods' streams on, each from its pod's own address, by which the picker knows it.
 *
 * @param limitOf the limit that the picker is told instead of the pod's, by the pod's address
 */
async function startRelay(
  at: SocketAddress,
  picker: SocketAddress,
  limitOf: (pod: string, limit: number) => number = (_, limit) => limit,
): Promise<Relay> {
  const streams = new Map<Socket, string>();
  let isCut = (_pod: string) => false;
  await serve(at, (socket) => {
    const pod = socket.remoteAddress ?? '';
    if (isCut(pod)) return socket.destroy();
    streams.set(socket, pod);
    const onward = connect({ host: picker.address, port: picker.port, localAddress: pod });
    onward.on('error', () => {}).once('close', () => socket.destroy());
    socket.once('close', () => {
      streams.delete(socket);
      onward.destroy();
    });
    createInterface({ input: socket }).on('line', (line) => {
      const report = JSON.parse(line);
      onward.write(`${JSON.stringify({ ...report, limit: limitOf(pod, report.limit) })}\n`);
    });
  });
  return {
    cut(pods) {
      isCut = (pod) => pods.includes(pod);
      for (const [socket, pod] of streams) if (isCut(pod)) socket.destroy();
    },
    mend() {
      isCut = () => false;
    },
  };
}

const answer = (status: string, ...headers: string[]) =>
  [`HTTP/1.1 ${status}`, 'content-length: 0', ...headers, '', ''].join('\r\n');

const picks = (endpoints: string) => answer('200 OK', `x-gateway-destination-endpoint: ${endpoints}`);

/** What no picker says. The documentation's addresses (RFC 5737) are nobody's. */
const nonsense = [
  answer('200 OK'),
  picks(''),
  picks('hello'),
  picks('192.0.2.1:8080'),
  picks('192.0.2.1:8080,192.0.2.2:8080,192.0.2.3:8080,192.0.2.4:8080'),
  picks(Array(2000).fill('127.0.0.1:1').join(',')),
  answer('302 Found', 'location: http://192.0.2.1/'),
  answer('500 Internal Server Error'),
  answer('429 Too Many Requests', 'retry-after: never'),
  answer('409 Conflict'),
  answer('204 No Content'),
  'HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\nhalf of it',
  'HTTP/1.1 2',
  'lorem ipsum\r\n\r\n',
  '',
];

/** A picker that says it is well, and talks nonsense: each kind in turn, and at times nothing. */
export async function startNonsense(at: SocketAddress): Promise<{ close(): Promise<void> }> {
  let said = 0;
  return serve(at, (socket) => {
    socket.on('data', (data) => {
      if (data.includes('GET /healthz'))
        return socket.write(answer('200 OK', `${identity.header}: ${identity.value}`));
      const text = nonsense[said++ % nonsense.length] as string;
      socket.write(text);
      if (text === '') socket.end();
      return undefined;
    });
  });
}

/** Where the pickers of these tests take the streams that relays pass on. */
const behindRelay = ({ address }: SocketAddress): SocketAddress => ({ address, port: 9004 });

/** The pickers of a plane, as processes of their own, each behind a relay of the pods' streams. */
export class Pickers {
  readonly #plane: Plane;
  readonly #perSecond: number;
  readonly relays: Relay[] = [];

  constructor(plane: Plane, perSecond: number) {
    this.#plane = plane;
    this.#perSecond = perSecond;
  }

  /** Starts them all, and waits until they decide and the edges know it. */
  async start(limitOf?: (pod: string, limit: number) => number): Promise<void> {
    for (const [n, { reports }] of this.#plane.places.pickers.entries()) {
      this.relays[n] = await startRelay(reports, behindRelay(reports), limitOf);
      this.startOne(n);
    }
    await pickersReady(this.#plane);
  }

  startOne(n: number): void {
    const { decisions, reports } = pickerAt(this.#plane, n);
    this.#plane.pickers[n] = startPicker({
      name: `picker-${n}`,
      at: { decisions, reports: behindRelay(reports) },
      limits: { newConnectionsPerSecond: this.#perSecond },
      env: { LOG_LEVEL: 'silent' },
      reaper: this.#plane.reaper,
    });
  }

  signal(n: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#plane.pickers[n]?.kill(signal);
  }

  async kill(n: number): Promise<void> {
    this.#plane.pickers[n]?.kill('SIGKILL');
    await this.#plane.pickers[n]?.ended;
  }

  /** How often the picker `n` has been asked since its start. */
  async asked(n: number): Promise<number> {
    const metrics = await (await fetch(`http://${show(pickerAt(this.#plane, n).decisions)}/metrics`)).text();
    const answers = ['picked', 'rate', 'full', 'unready'].map(
      (answer) => sample(metrics, `endpoint_picker_answers_total{answer="${answer}"}`) ?? 0,
    );
    return sum(answers);
  }
}
