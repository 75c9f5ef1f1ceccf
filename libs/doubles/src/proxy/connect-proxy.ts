import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** An HTTP proxy, as companies have them. */
export interface ConnectProxy extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** What was asked for: `CONNECT host:port` for a tunnel, `GET http://host/path` and so on for a request. */
  readonly asked: string[];
}

/**
 * Starts a proxy on a free port of 127.0.0.1. It knows where names lead to, which this machine need not.
 *
 * @param places the address for each host that it lets through, as `127.0.0.1:443`; others are refused with 403
 * @param credentials `user:password` that it asks for
 */
export async function startConnectProxy(
  places: Readonly<Record<string, string>>,
  credentials?: string,
): Promise<ConnectProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const placeOf = (host: string, authorization: string | undefined) => {
    if (wanted !== undefined && authorization !== wanted) return 407;
    return places[host]?.split(':') ?? 403;
  };
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const { hostname, pathname, search } = new URL(incoming.url ?? '', 'http://nowhere');
    const place = placeOf(hostname, incoming.headers['proxy-authorization']);
    if (typeof place === 'number') return void response.writeHead(place).end();
    const [host, port] = place;
    const { method, headers } = incoming;
    const onward = request({ host, port, method, path: `${pathname}${search}`, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => {});
    });
    pipeline(incoming, onward, () => {});
  });
  server.on('connect', (incoming, socket: Socket, head: Buffer) => {
    asked.push(`CONNECT ${incoming.url}`);
    const place = placeOf(incoming.url?.split(':')[0] ?? '', incoming.headers['proxy-authorization']);
    if (typeof place === 'number') return void socket.end(`HTTP/1.1 ${place} No\r\n\r\n`);
    const [host = '', port] = place;
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      pipeline(socket, onward, socket, () => {});
    });
    onward.on('error', () => socket.destroy());
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
