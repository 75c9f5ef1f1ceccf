import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { memoryLog, until } from '@envoy-poc/env/testing';
import { onTestFinished } from 'vitest';
import { type PickerConfig, startPicker } from '../index.ts';
import type { Report } from '../report.ts';

/** A picker on free ports of 127.0.0.1 that ends with the test, and what it logged. */
export async function pick(config: PickerConfig = {}, deps: { now?: () => number } = {}) {
  const { logger, logged } = memoryLog();
  const settings = { host: '127.0.0.1', port: 0, reportsPort: 0, settleSeconds: 0.05, drainSeconds: 0.3 };
  const picker = await startPicker(
    { ...settings, newConnectionsPerSecond: 1_000_000, ...config },
    { logger, ...deps },
  );
  onTestFinished(() => picker.close());
  const http = `http://127.0.0.1:${picker.port}`;
  const healthz = async () => (await fetch(`${http}/healthz`)).status;
  return {
    picker,
    http,
    logged,
    healthz,
    ask: (requestId: string, client = '192.0.2.1', path = '/') => ask(picker.port, requestId, client, path),
    pod: (localAddress: string) => pod(picker.reportsPort, localAddress),
    ready: () => until('the picker is ready', async () => (await healthz()) === 200),
    metric: async (name: string) => {
      const body = await (await fetch(`${http}/metrics`)).text();
      const line = body.split('\n').find((row) => row.startsWith(`${name} `));
      return line === undefined ? undefined : Number(line.slice(name.length));
    },
  };
}

/** What a picker answers when an edge asks. */
export interface Reply {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

export async function ask(port: number, requestId: string, client: string, path = '/'): Promise<Reply> {
  const headers = { 'x-request-id': requestId, 'x-client-address': client };
  const asked: ClientRequest = request({ host: '127.0.0.1', port, path: `/decide${path}`, headers });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** The stream of a pod; `say` sends a report of a pod with two slots. */
export async function pod(port: number, localAddress: string) {
  const socket: Socket = connect({ host: '127.0.0.1', port, localAddress });
  onTestFinished(() => void socket.destroy());
  let closed = false;
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  socket.resume();
  await once(socket, 'connect');
  return {
    socket,
    say: (report: Partial<Report>) =>
      void socket.write(
        `${JSON.stringify({ port: 8080, limit: 2, taken: 0, draining: false, ...report })}\n`,
      ),
    closed: () => until('the stream is cut', () => closed),
  };
}

/** Connections that say nothing. */
export async function idlers(port: number, many: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
  while (sockets.length < many) {
    // No more at once than may wait to be accepted.
    const some = Array.from({ length: 100 }, () =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume(),
    );
    sockets.push(...some);
    await Promise.all(some.map((socket) => once(socket, 'connect')));
  }
  return sockets;
}
