import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { type KubeConfig, PortForward } from '@kubernetes/client-node';

/** Ways from ports of this machine into pods, by the API server; no network policy stands in their way. */
export class Tunnels {
  readonly #forward: PortForward;
  readonly #namespace: string;
  readonly #open = new Map<string, Promise<Server>>();
  readonly #sockets = new Map<Socket, string>();

  constructor(kubeConfig: KubeConfig, namespace: string) {
    this.#forward = new PortForward(kubeConfig);
    this.#namespace = namespace;
  }

  /** `127.0.0.1:<port>` that leads to a port of a pod. */
  async to(pod: string, port: number): Promise<string> {
    const key = `${pod}:${port}`;
    let server = this.#open.get(key);
    if (!server) {
      server = this.#listen(pod, port);
      this.#open.set(key, server);
    }
    return `127.0.0.1:${((await server).address() as AddressInfo).port}`;
  }

  async #listen(pod: string, port: number): Promise<Server> {
    const server = createServer((socket) => {
      this.#sockets.set(socket, pod);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      this.#forward.portForward(this.#namespace, pod, [port], socket, null, socket).then(
        (way) => {
          // Neither end tells the other by itself that it is over.
          const webSocket = typeof way === 'function' ? way() : way;
          webSocket?.on('close', () => socket.end());
          webSocket?.on('error', () => socket.destroy());
          socket.on('close', () => webSocket?.close());
        },
        () => socket.destroy(),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }

  /** Closes all of them, or those to one pod. */
  async close(pod?: string): Promise<void> {
    for (const [socket, to] of this.#sockets) if (pod === undefined || to === pod) socket.destroy();
    for (const [key, server] of this.#open) {
      if (pod !== undefined && !key.startsWith(`${pod}:`)) continue;
      this.#open.delete(key);
      (await server).close();
    }
  }
}
