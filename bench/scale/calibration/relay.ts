import { connect, createServer, type Server } from 'node:net';
import type { SocketAddress } from '@envoy-poc/edge';

/** Passes streams on to `to`, each from the address that it comes from, and what they say after `delaySeconds`. */
export async function startRelay(
  at: SocketAddress,
  to: SocketAddress,
  delaySeconds: number,
): Promise<Server> {
  const server = createServer({ noDelay: true }, (stream) => {
    const onward = connect({
      ...{ host: to.address, port: to.port, localAddress: stream.remoteAddress, noDelay: true },
    });
    stream.on('data', (data) => setTimeout(() => onward.write(data), delaySeconds * 1000));
    for (const [one, other] of [
      [stream, onward],
      [onward, stream],
    ] as const) {
      one.on('error', () => {});
      one.once('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.address, resolve);
  });
  return server;
}
