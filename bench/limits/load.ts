import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { Attempt, Outcome } from './client.ts';

// Attempts from a thread of its own, so that the pods of the bench, which are in the main thread, do not hold them up.
// Plain sockets: a client of `ws` takes longer for an upgrade than a proxy, and would be what a large storm measures.

/** How long an attempt waits for its answer, in milliseconds. */
const PATIENCE = 3000;

const request = (host: string) =>
  [
    ...['GET / HTTP/1.1', `Host: ${host}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''],
  ].join('\r\n');

/** A close frame of code 1000 (RFC 6455, section 5.5.1), masked with zeros. */
const closeFrame = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

const open = new Map<number, Socket[]>();

function attempt({ url }: Attempt, began: number, opened: Socket[]): Promise<Outcome> {
  const { hostname, port, host } = new URL(url);
  const at = performance.now() - began;
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let head = '';
    const done = (status: Outcome['status']) => {
      clearTimeout(timer);
      resolve({ status, at, milliseconds: performance.now() - began - at });
      if (status !== 101) socket.destroy();
    };
    const timer = setTimeout(() => done('hung'), PATIENCE);
    socket.on('error', () => {});
    socket.once('close', () => done('closed'));
    socket.once('connect', () => socket.write(request(host)));
    socket.on('data', (bytes) => {
      if (head.includes('\r\n')) return;
      head += bytes.toString('latin1');
      if (!head.includes('\r\n')) return;
      const status = Number(head.slice(9, 12));
      if (status === 101) opened.push(socket);
      done(status);
    });
  });
}

async function close(sockets: readonly Socket[]): Promise<void> {
  const open = sockets.filter(({ destroyed }) => !destroyed);
  await Promise.all(
    open.map((socket) => {
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.end(closeFrame);
      setTimeout(() => socket.destroy(), 2000).unref();
      return closed;
    }),
  );
}

parentPort?.on('message', async ({ id, plan }: { id: number; plan?: Attempt[] }) => {
  if (!plan) {
    await close(open.get(id) ?? []);
    open.delete(id);
    parentPort?.postMessage({ id });
    return;
  }
  const opened: Socket[] = [];
  open.set(id, opened);
  const began = performance.now();
  const pending: Promise<Outcome>[] = [];
  for (const each of plan) {
    const early = began + each.at - performance.now();
    if (early > 0) await sleep(early);
    pending.push(attempt(each, began, opened));
  }
  parentPort?.postMessage({ id, outcomes: await Promise.all(pending) });
});
