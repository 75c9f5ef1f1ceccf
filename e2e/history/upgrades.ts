import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '@envoy-poc/edge';
import { head, upgrade } from '../helpers/raw.ts';

/** What an edge answered to an upgrade. `status` 0: nothing in time. */
export interface Upgraded {
  readonly status: number;
  readonly refusal?: string | undefined;
  /** Of an upgrade that was admitted. */
  readonly socket?: Socket;
}

/** Asks edges for upgrades, over connections that stay open while they are refused: a fraction of what `node:http` takes. */
export class Upgrades {
  readonly #idle = new Map<string, Socket[]>();

  /** Asks for `path`. Never throws. */
  ask(at: SocketAddress, path: string, timeoutMs: number): Promise<Upgraded> {
    const place = `${at.address}:${at.port}`;
    const idle = this.#idle.get(place) ?? [];
    this.#idle.set(place, idle);
    const socket = idle.pop() ?? connect({ host: at.address, port: at.port, noDelay: true });
    return new Promise((resolve) => {
      let text = '';
      const done = (answer: Upgraded) => {
        clearTimeout(timer);
        socket.removeAllListeners('data').removeAllListeners('close');
        resolve(answer);
      };
      const timer = setTimeout(() => socket.destroy(), timeoutMs);
      // An error is followed by it.
      socket.once('close', () => done({ status: 0 }));
      if (socket.listenerCount('error') === 0) socket.on('error', () => {});
      socket.on('data', (data) => {
        text += data.toString('latin1');
        const answer = answerOf(text);
        if (!answer) return;
        if (answer.status === 101) return done({ ...answer, socket });
        done(answer);
        if (answer.closes) socket.destroy();
        else {
          // Closed while nobody uses it.
          socket.once('close', () => idle.splice(idle.indexOf(socket), 1));
          idle.push(socket);
        }
      });
      socket.write(head(`GET ${path}`, ...upgrade));
    });
  }

  close(): void {
    for (const idle of this.#idle.values()) for (const socket of [...idle]) socket.destroy();
  }
}

/** The answer that `text` begins with, once all of it has come. */
function answerOf(text: string): (Upgraded & { closes: boolean }) | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const lines = text.slice(0, end).toLowerCase().split('\r\n');
  const header = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const status = Number(lines[0]?.split(' ')[1]);
  const length = Number(header('content-length') ?? 0);
  if (status !== 101 && text.length < end + 4 + length) return undefined;
  return { status, refusal: header('x-refusal'), closes: header('connection') === 'close' };
}
