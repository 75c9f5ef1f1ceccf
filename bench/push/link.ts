import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A network link to model. */
export interface LinkSettings {
  /** Time for a byte there and its answer back. */
  readonly roundTripMilliseconds: number;
  /** Capacity towards the server, shared by all connections; Infinity for none. */
  readonly megabitsPerSecond: number;
}

/** A link that carries connections to one port, and counts what goes towards it. */
export interface Link extends AsyncDisposable {
  readonly port: number;
  /** Bytes that clients have sent. */
  sentBytes(): number;
  /** Called when a connection is made. */
  onConnection: () => void;
}

/** Bytes that wait for the link before a client is told to wait: as much as TCP windows grow to. */
const maximumQueuedBytes = 4 * 1024 * 1024;

/** Opens a link from a free port of 127.0.0.1 to another port there. */
export async function openLink(
  to: number,
  { roundTripMilliseconds, megabitsPerSecond }: LinkSettings,
): Promise<Link> {
  const bytesPerMillisecond = (megabitsPerSecond * 1e6) / 8 / 1000;
  const sockets = new Set<Socket>();
  let sent = 0;
  let freeAt = 0;

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    link.onConnection();
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    }
    carry(client, upstream, (bytes) => {
      sent += bytes;
      freeAt = Math.max(freeAt, performance.now()) + bytes / bytesPerMillisecond;
      return freeAt - performance.now() + roundTripMilliseconds / 2;
    });
    carry(upstream, client, () => roundTripMilliseconds / 2);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link: Link = {
    port: (server.address() as AddressInfo).port,
    sentBytes: () => sent,
    onConnection: () => {},
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return link;
}

/** Passes on what one socket gets, in order, each piece after the delay that `delayOf` gives for its size. */
function carry(from: Socket, to: Socket, delayOf: (bytes: number) => number): void {
  const queue: { readonly dueAt: number; readonly bytes: number; readonly deliver: () => void }[] = [];
  let queuedBytes = 0;
  const deliver = () => {
    for (let [next] = queue; next; [next] = queue) {
      const wait = next.dueAt - performance.now();
      if (wait > 0) return void setTimeout(deliver, wait);
      queue.shift();
      queuedBytes -= next.bytes;
      next.deliver();
    }
    from.resume();
  };
  const enqueue = (bytes: number, action: () => void) => {
    queuedBytes += bytes;
    if (queuedBytes > maximumQueuedBytes) from.pause();
    queue.push({ dueAt: performance.now() + delayOf(bytes), bytes, deliver: action });
    if (queue.length === 1) deliver();
  };
  from.on('data', (chunk) => enqueue(chunk.length, () => to.write(chunk)));
  from.on('end', () => enqueue(0, () => to.end()));
  from.on('close', () => enqueue(0, () => to.destroySoon()));
}
