import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

/** What the edge does with one upgrade request. */
export type Answer = (request: IncomingMessage, socket: Duplex, accept: () => WebSocket) => void;

/** Accepts; `behave` gets the open connection. */
export function accept(behave: (webSocket: WebSocket) => void = reply): Answer {
  return (_request, _socket, accept) => behave(accept());
}

/** Refuses with a plain response. */
export function refuse(status: number, body = '', headers: string[] = []): Answer {
  const head = [`HTTP/1.1 ${status} No`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers];
  return (_request, socket) => void socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Answers each message as a pod does. */
export function reply(webSocket: WebSocket): void {
  webSocket.on('message', () => webSocket.send(podReply()));
}

export function podReply(): string {
  return JSON.stringify({ timestamp: new Date().toISOString(), podIp: '10.4.5.6' });
}

/** An edge that does what `answer` says with each upgrade; `answer` may be replaced while it runs. */
export async function startEdge(answer: Answer, host = '127.0.0.1') {
  const server = createServer();
  const webSockets = new WebSocketServer({ noServer: true });
  const edge = {
    answer,
    url: '',
    /** Upgrade requests, in order of arrival. */
    requests: [] as IncomingMessage[],
    /** Connections open now. */
    open: webSockets.clients,
  };
  server.on('upgrade', (request, socket, head) => {
    edge.requests.push(request);
    socket.on('error', () => {});
    edge.answer(request, socket, () => {
      let accepted: WebSocket | undefined;
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        accepted = webSocket;
      });
      if (!accepted) throw new Error('not a proper upgrade');
      return accepted;
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  edge.url = `ws://${host}:${(server.address() as AddressInfo).port}/`;
  onTestFinished(() => {
    for (const webSocket of webSockets.clients) webSocket.terminate();
    server.close();
    server.closeAllConnections();
  });
  return edge;
}
