import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '@envoy-poc/cli/start';
import { exchange, open, textFrame } from './connections.ts';
import { residentBytes } from './process.ts';

/** Memory of a server that holds idle connections. */
export interface IdleMemory {
  /** Resident bytes before the first connection. */
  atZero: number;
  /** Resident bytes at some numbers of connections. */
  at: { connections: number; bytes: number }[];
  /** Slope of a line through `at` (least squares). */
  bytesPerConnection: number;
}

/** Connections that are opened at the same time. */
const AT_ONCE = 50;

/** Until what the handshakes left behind is settled. */
const SETTLE_MS = 2000;

/** Opens more and more connections, on each of which one message is answered, and leaves them idle. */
export async function measureIdle(
  server: Child,
  host: string,
  counts: readonly number[],
): Promise<IdleMemory> {
  const sockets: Awaited<ReturnType<typeof open>>[] = [];
  const message = textFrame('a message of thirty-two bytes ..');
  const openOne = async () => {
    const socket = await open(host);
    await exchange(socket, message);
    sockets.push(socket);
  };
  try {
    // The first connection loads and compiles what all others use.
    await openOne();
    await sleep(SETTLE_MS);
    const atZero = residentBytes(server.pid);
    const at: IdleMemory['at'] = [];
    for (const connections of counts) {
      while (sockets.length < connections) {
        const missing = Math.min(AT_ONCE, connections - sockets.length);
        await Promise.all(Array.from({ length: missing }, openOne));
      }
      await sleep(SETTLE_MS);
      const left = sockets.filter(({ destroyed }) => destroyed).length;
      if (left > 0) throw new Error(`${server.name} closed ${left} of ${connections} idle connections`);
      at.push({ connections, bytes: residentBytes(server.pid) });
    }
    return { atZero, at, bytesPerConnection: slope(at) };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function slope(points: IdleMemory['at']): number {
  const mean = (of: (point: IdleMemory['at'][number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ connections }) => connections), mean(({ bytes }) => bytes)];
  const covariance = mean(({ connections, bytes }) => (connections - x) * (bytes - y));
  return covariance / mean(({ connections }) => (connections - x) ** 2);
}
