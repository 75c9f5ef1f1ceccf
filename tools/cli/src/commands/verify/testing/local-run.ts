import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultDemand, defaultLimits, type Limits } from '@envoy-poc/edge';
import type { TestContext } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { RunState, StateFile } from '../../start/index.ts';

/** What is odd about a local run; left out, all is well: one server, one edge, one client. */
export interface Oddities {
  /** Status of the server's `/healthz`. */
  health?: number;
  /** Status of the edge's `/ready`. */
  ready?: number;
  /** Figures of the server. */
  gauges?: { open?: number; highWater?: number; limit?: number };
  /** Connections that the edge's statistics name. */
  openAtEdge?: number;
  /** What the edge does with an upgrade: a status to refuse it with, or what it answers to a message. */
  upgrade?: (attempt: number) => number | string;
  /** Verdicts that are broken. */
  broken?: readonly string[];
  /** Whether replies keep coming. */
  silent?: boolean;
  /** Events found in access logs. */
  found?: number;
  /** Who admits. Default: `shared`. */
  admission?: Limits['admission'];
  /** Status of the picker's `/healthz`. */
  pickerHealth?: number;
  /** The client's process. */
  clientPid?: number;
}

const names = ['limit', 'rate', 'allowed', 'full', 'slots', 'replies', 'refusals', 'logs'] as const;

type Cleanup = Pick<TestContext, 'onTestFinished'>;

/** A workspace with the state file of a run, and servers that answer as its console, server and edge do. */
export async function fakeRun({ onTestFinished }: Cleanup, odd: Oddities = {}): Promise<{ root: string }> {
  const serve = server(onTestFinished);
  const serveUpgrades = upgrader(onTestFinished);
  let replies = 10;
  const gauges = { open: 1, highWater: 2, limit: 2, ...odd.gauges };
  const console = await serve((_, response) => {
    if (!odd.silent) replies++;
    response.end(JSON.stringify(runState(odd, replies)));
  });
  const pod = await serve((request, response) => {
    if (request.url === '/healthz') response.writeHead(odd.health ?? 200).end();
    else {
      response.end(
        `ws_server_open_connections ${gauges.open}\nws_server_open_connections_max ${gauges.highWater}\n` +
          `ws_server_connection_limit ${gauges.limit}\n`,
      );
    }
  });
  const stats = await serve((request, response) => {
    if (request.url === '/ready') response.writeHead(odd.ready ?? 200).end();
    else {
      response.end(
        `envoy_http_downstream_cx_upgrades_active{envoy_http_conn_manager_prefix="ingress"} ${odd.openAtEdge ?? gauges.open}\n`,
      );
    }
  });
  const { admission = 'shared' } = odd;
  const picker = await serve((_, response) => response.writeHead(odd.pickerHealth ?? 200).end());
  const ingress = await serveUpgrades(odd.upgrade ?? (() => reply('127.0.0.1')));
  const state: StateFile = {
    console: `http://${console}`,
    limits: { ...defaultLimits, admission, edgeReplicas: 3, newConnectionsPerSecond: 1 },
    demand: defaultDemand,
    edges: [{ ingress, stats, pid: process.pid }],
    pods: [{ address: pod, pid: process.pid }],
    clients: [{ pid: odd.clientPid ?? process.pid }],
    pickers: admission === 'exact' ? [{ address: picker, reports: picker, pid: process.pid }] : [],
  };
  const root = await mkdtemp(join(tmpdir(), 'verify-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, '.local'));
  await writeFile(join(root, '.local/state.json'), JSON.stringify(state));
  return { root };
}

/** A server's reply to a message. */
export const reply = (podIp: string) => JSON.stringify({ timestamp: '2026-11-23T12:00:00.000Z', podIp });

function runState({ broken = [], found = 5 }: Oddities, replies: number): RunState {
  return {
    at: '2026-11-23T12:00:00.000Z',
    seconds: 60,
    pods: [],
    slots: { open: 1, capacity: 2, wanted: 5 },
    admissions: { total: 9, opened: 5, last10Seconds: 2, worstSecond: 1 },
    refusals: { rate: 3, full: 4, draining: 0, client: 0, other: 0, unanswered: 0, slowestMilliseconds: 20 },
    replies: { total: replies, wrong: 0 },
    logged: { found, missing: 0 },
    said: { edges: [], pickers: [] },
    silent: { pods: [], edges: [], pickers: [] },
    verdicts: names.map((name) => ({
      name,
      status: broken.includes(name) ? 'broken' : 'holds',
      promise: `promise of ${name}`,
      expected: 'at most 3 in one second',
      observed: 'something',
    })),
  };
}

const server =
  (onTestFinished: Cleanup['onTestFinished']) =>
  async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

const upgrader =
  (onTestFinished: Cleanup['onTestFinished']) =>
  async (answer: (attempt: number) => number | string): Promise<string> => {
    const server = createServer().listen(0, '127.0.0.1');
    const sockets = new WebSocketServer({ noServer: true });
    let attempts = 0;
    server.on('upgrade', (request, socket, head) => {
      const what = answer(++attempts);
      if (typeof what === 'number') socket.end(`HTTP/1.1 ${what} Refused\r\nContent-Length: 0\r\n\r\n`);
      else
        sockets.handleUpgrade(request, socket, head, (ws: WebSocket) =>
          ws.on('message', () => ws.send(what)),
        );
    });
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
      for (const client of sockets.clients) client.terminate();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
