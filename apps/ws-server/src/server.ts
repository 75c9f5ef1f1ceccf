import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { maxRequestIdLength } from '@envoy-poc/edge/picker-contract';
import {
  createLogger,
  type Health,
  headBounds,
  isForeignPage,
  listen,
  probes,
  type RunningService,
  sendText,
  unreadable,
} from '@envoy-poc/env';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { SERVER_DEFAULTS, type ServerConfig, type ServerSettings } from './config.ts';
import { Connection, type ConnectionIds } from './connection.ts';
import { watchEdges } from './edges.ts';
import { createMetrics, type UpgradeResult } from './metrics.ts';
import { reportToPickers } from './pickers.ts';
import { refuse } from './refusal.ts';
import { RefusedBefore } from './refused-before.ts';
import { replies } from './reply.ts';
import { Slots } from './slots.ts';

/** Most frames one message may be split into. */
const MAX_FRAGMENTS = 128;

/** Most pieces of an unfinished frame kept. */
const MAX_BUFFERED_CHUNKS = 256;

type Refusal = Exclude<UpgradeResult, 'accepted'>;

/** A server that listens. */
export interface RunningServer extends RunningService {
  readonly address: string;
  readonly port: number;
  /** WebSocket slots taken now. */
  readonly openConnections: number;
  /** Most WebSocket slots taken at once since start. */
  readonly highWater: number;
  /**
   * What SIGTERM does: fails `/healthz`, refuses new upgrades, closes the open connections with 1001 spread evenly over
   * the drain time, then stops. Resolves when stopped.
   */
  drain(): Promise<void>;
  /** Stops at once, without closing handshakes. */
  close(): Promise<void>;
}

/**
 * Starts a server that holds at most `connectionsPerPod` WebSockets and answers each message with the time and its pod's
 * address. Keeps no state outside itself, so that many can run in one process.
 *
 * @param deps.random numbers from 0 up to 1, as `Math.random`
 * @throws {ListenError} when the address or port cannot be had
 */
export async function startServer(
  config: ServerConfig,
  deps: { logger?: Logger; random?: () => number } = {},
): Promise<RunningServer> {
  const settings: ServerSettings = { ...SERVER_DEFAULTS, ...config };
  const logger = deps.logger
    ? deps.logger.child({ podIp: settings.podIp })
    : createLogger(settings.logLevel, { podIp: settings.podIp });
  const { allowedOrigins } = settings;
  const slots = new Slots(settings.connectionsPerPod);
  const metrics = createMetrics(slots);
  const sockets = new Set<Socket>();
  const connections = new Set<Connection>();
  const refusedBefore = new RefusedBefore();
  const reply = replies(settings.podIp);
  const stopping = new AbortController();
  let draining = false;
  let tellPickers: (opened?: string) => void = () => {};

  const health = (): Health => {
    if (draining) return { status: 503, body: 'draining\n' };
    if (slots.full) return { status: 200, body: 'full\n', headers: { 'x-envoy-degraded': 'true' } };
    return { status: 200, body: 'ok\n' };
  };
  const httpServer = createServer(
    {
      ...headBounds(settings.handshakeTimeoutSeconds),
      shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
    },
    probes(metrics.registry, health, (_request, response) =>
      sendText(response, 426, 'WebSocket only\n', { upgrade: 'websocket', connection: 'upgrade' }),
    ),
  );
  const webSockets = new WebSocketServer(webSocketOptions(settings));

  httpServer.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  httpServer.on('upgrade', (request, socket, head) => {
    if (socket.destroyed) return;
    if (allowedOrigins && isForeignPage(request.headers, allowedOrigins)) {
      refused('origin', request, socket, 403, 'origin: pages of this site may not connect (ALLOWED_ORIGINS)');
    } else if (draining) {
      refused('draining', request, socket, 503, 'draining: this pod is shutting down');
    } else if (slots.full) {
      const id = requestIdOf(request);
      const again = id !== undefined && refusedBefore.note(id, performance.now());
      const detail = `full: ${slots.taken} of ${slots.limit} connections open`;
      // Envoy tries no other pod after this (router filter, "x-envoy-ratelimited").
      refused('full', request, socket, 503, detail, again ? { 'x-envoy-ratelimited': 'true' } : {});
    } else {
      webSockets.handleUpgrade(request, socket, head, accepted);
    }
  });
  httpServer.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable) return void socket.destroy();
    const { status, detail } = unreadable(error);
    metrics.unreadable.inc({ status });
    logger.info({ event: 'unreadable', status, detail });
    refuse(socket, status, detail, {}, settings.closeTimeoutSeconds);
  });
  webSockets.on('wsClientError', (error, socket, request) => {
    refused('bad_request', request, socket, 400, error.message);
  });
  // Emitted when the request is found valid, just before the handshake is written.
  webSockets.on('headers', (_headers, request) => slots.takeUntilClose(request.socket, requestIdOf(request)));

  function idsOf(request: IncomingMessage): ConnectionIds {
    const requestId = requestIdOf(request);
    return { connectionId: randomUUID(), ...(requestId !== undefined && { requestId }) };
  }

  function refused(
    reason: Refusal,
    request: IncomingMessage,
    socket: Duplex,
    status: number,
    detail: string,
    more: OutgoingHttpHeaders = {},
  ) {
    metrics.upgrades.inc({ result: reason });
    const ids = idsOf(request);
    logger.info({ ...ids, event: 'refused', reason, detail, openConnections: slots.taken });
    const headers: OutgoingHttpHeaders = {
      'x-refusal': reason,
      ...(status === 503 && { 'retry-after': '1' }),
      ...(status === 400 && { 'sec-websocket-version': '13' }),
      ...more,
    };
    refuse(socket, status, detail, headers, settings.closeTimeoutSeconds);
  }

  function accepted(webSocket: WebSocket, request: IncomingMessage): void {
    metrics.upgrades.inc({ result: 'accepted' });
    const ids = idsOf(request);
    const connection = new Connection(webSocket, request.socket, settings, metrics, logger, ids, reply);
    connections.add(connection);
    logger.info({ ...ids, event: 'open', openConnections: slots.taken });
    webSocket.on('close', (code, reason) => {
      connections.delete(connection);
      const summary = connection.summary(code, reason);
      logger.info({ ...ids, event: 'close', ...summary, openConnections: slots.taken });
    });
  }

  async function drainAll(): Promise<void> {
    draining = true;
    tellPickers();
    logger.info({
      event: 'draining',
      serverDrainSeconds: settings.serverDrainSeconds,
      openConnections: slots.taken,
    });
    const open = [...connections];
    const gapMs = (settings.serverDrainSeconds * 1000) / open.length;
    await Promise.all(
      open.map((connection, index) => connection.closeAfter(index * gapMs, 1001, 'pod is shutting down')),
    );
    await close();
  }

  async function stop(): Promise<void> {
    draining = true;
    stopping.abort();
    const ended = [...connections].map((connection) => connection.closed);
    const stopped = new Promise((resolve) => httpServer.close(resolve));
    for (const connection of connections) connection.cut('server stopped');
    for (const socket of sockets) socket.destroy();
    await Promise.all([stopped, ...ended]);
    logger.info({ event: 'stopped' });
  }

  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= stop());
  const drain = () => (drained ??= drainAll());

  const { address, port } = await listen(httpServer, settings.host, settings.port);
  logger.info({ event: 'listening', address, port, connectionsPerPod: slots.limit });
  const { pickers, podIp, edgeReadyPort } = settings;
  if (pickers.length > 0) {
    const report = () => ({ port, limit: slots.limit, taken: slots.taken, draining });
    tellPickers = reportToPickers({ pickers, podIp, report, metrics, logger, signal: stopping.signal });
    slots.on('change', tellPickers);
  }
  if (edgeReadyPort !== undefined) {
    const { random = Math.random } = deps;
    const { serverDrainSeconds, edgeIntervalSeconds: intervalSeconds } = settings;
    void watchEdges(connections, {
      ...{ port: edgeReadyPort, intervalSeconds, serverDrainSeconds, random },
      ...{ metrics, logger, signal: stopping.signal },
    });
  }
  return {
    address,
    port,
    get openConnections() {
      return slots.taken;
    },
    get highWater() {
      return slots.highWater;
    },
    drain,
    close,
  };
}

function webSocketOptions(settings: ServerSettings) {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: settings.maxPayloadBytes,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    // The budget bounds pings, and says so; ws would cut without a word.
    maxPendingAutoPongs: 0,
    // Known to ws 8.19 and newer, not yet to its types.
    closeTimeout: settings.closeTimeoutSeconds * 1000,
  };
}

function requestIdOf({ headers }: IncomingMessage): string | undefined {
  // Of two, Node makes one text.
  return headers['x-request-id']?.toString().slice(0, maxRequestIdLength);
}
