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

/** A port of 127.0.0.1 on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = await listen(server, '127.0.0.1', 0);
  server.close();
  await once(server, 'close');
  return port;
}
