import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
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
