import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { ListenError } from './errors.ts';

/**
 * Connections that wait to be accepted; the kernel may allow fewer (`net.core.somaxconn`). One beyond is asked to try again
 * after a second, and Node's default is 511.
 */
const BACKLOG = 4096;

/**
 * Starts listening and says where; port 0 takes a free one.
 *
 * @throws {ListenError} when the address or port cannot be had
 */
export async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  try {
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError(host, port, error as NodeJS.ErrnoException);
  }
  return server.address() as AddressInfo;
}

/** Ports that systems give to nobody by themselves: what is free there stays free until somebody asks for it. */
const OWN_PORTS = { from: 10_240, to: 32_767 };

/** A port on which nobody listens, at any address of this machine. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(OWN_PORTS.from, OWN_PORTS.to);
    const server = createServer();
    try {
      await listen(server, '0.0.0.0', port);
    } catch (error) {
      if (((error as Error).cause as NodeJS.ErrnoException)?.code === 'EADDRINUSE') continue;
      throw error;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}
