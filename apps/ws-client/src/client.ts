import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { createLogger, listen, probes, type RunningService, sendText } from '@envoy-poc/env';
import type { Logger } from 'pino';
import { attempt } from './attempt.ts';
import { CLIENT_DEFAULTS, type ClientConfig } from './config.ts';
import { Connection } from './connection.ts';
import { createMetrics } from './metrics.ts';

/** Characters of a URL's path that are logged. */
const MAX_PATH_LENGTH = 200;

/** A client that runs. */
export interface RunningClient extends RunningService {
  readonly openConnections: number;
  /** Where metrics and health are served. */
  readonly metricsPort: number;
  /** What SIGTERM does: no more attempts or messages, closes everything with 1001, then stops. */
  drain(): Promise<void>;
  /** Stops at once, without closing handshakes. */
  close(): Promise<void>;
}

/**
 * Starts a client that keeps connections open through the edges and sends messages over them. Keeps no state outside
 * itself, so that many can run in one process.
 *
 * @param deps.random numbers from 0 up to 1, as `Math.random`
 * @throws {ListenError} when the metrics address or port cannot be had
 */
export async function startClient(
  config: ClientConfig,
  deps: { logger?: Logger; random?: () => number } = {},
): Promise<RunningClient> {
  const settings = { ...CLIENT_DEFAULTS, name: hostname(), ...config };
  const random = deps.random ?? Math.random;
  const logger = deps.logger
    ? deps.logger.child({ client: settings.name })
    : createLogger(settings.logLevel, { client: settings.name });
  const connections = new Set<Connection>();
  const metrics = createMetrics(() => connections.size);
  const stopping = new AbortController();
  let attempting = 0;
  let opened = 0;
  let sent = 0;

  async function connect(): Promise<void> {
    const requestId = randomUUID();
    const url = pick(settings.edgeUrls);
    const startedAt = performance.now();
    const elapsedMs = () => Math.round(performance.now() - startedAt);
    attempting++;
    const refusal = await attempt(url, { ...settings, requestId, signal: stopping.signal }, (socket) => {
      metrics.attempts.inc({ result: 'open' });
      const log = logger.child({ connectionId: ++opened, requestId });
      log.info({ event: 'open', url: shown(url), durationMs: elapsedMs() });
      const connection = new Connection(socket, settings.replyTimeoutSeconds, metrics, log);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    });
    attempting--;
    if (refusal === undefined || stopping.signal.aborted) return;
    metrics.attempts.inc({ result: refusal.reason });
    logger.info({ event: 'refused', ...refusal, durationMs: elapsedMs(), requestId, url: shown(url) });
  }

  function send(): void {
    const ready = [...connections].filter((connection) => connection.ready);
    if (ready.length > 0) pick(ready).send(JSON.stringify({ client: settings.name, message: ++sent }));
  }

  function pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(random() * items.length)] as Item;
  }

  /** Runs `action` after `firstSeconds`, then again and again after `nextSeconds()`, until the client stops. */
  function repeat(action: () => void, firstSeconds: number, nextSeconds: () => number): void {
    let timer = setTimeout(function run() {
      timer = setTimeout(run, nextSeconds() * 1000);
      action();
    }, firstSeconds * 1000);
    stopping.signal.addEventListener('abort', () => clearTimeout(timer));
  }

  const httpServer = createServer(
    probes(
      metrics.registry,
      () => ({ status: 200, body: 'ok\n' }),
      (_request, response) => sendText(response, 404, 'There is /healthz and /metrics\n'),
    ),
  );
  async function drainAll(): Promise<void> {
    logger.info({ event: 'draining', openConnections: connections.size });
    stopping.abort();
    for (const connection of connections) connection.close(1001, 'client is shutting down');
    await Promise.all([...connections].map((connection) => connection.closed));
    await close();
  }

  async function stop(): Promise<void> {
    stopping.abort();
    const ended = [...connections].map((connection) => connection.closed);
    const stopped = new Promise((resolve) => httpServer.close(resolve));
    for (const connection of connections) connection.cut('client stopped');
    httpServer.closeAllConnections();
    await Promise.all([stopped, ...ended]);
    logger.info({ event: 'stopped' });
  }

  let drained: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= stop());
  const drain = () => (drained ??= drainAll());

  const { address, port } = await listen(httpServer, settings.host, settings.metricsPort);
  logger.info({
    event: 'listening',
    address,
    port,
    edgeUrls: settings.edgeUrls.map(shown),
    connectionsPerClient: settings.connectionsPerClient,
  });

  const { attemptIntervalSeconds, attemptPhaseSeconds } = settings;
  const { messageIntervalMinSeconds, messageIntervalMaxSeconds } = settings;
  repeat(
    () => {
      if (connections.size + attempting < settings.connectionsPerClient) void connect();
    },
    attemptPhaseSeconds === undefined
      ? random() * attemptIntervalSeconds
      : secondsUntil(attemptPhaseSeconds, attemptIntervalSeconds),
    () => attemptIntervalSeconds,
  );
  const messageInterval = () =>
    messageIntervalMinSeconds + random() * (messageIntervalMaxSeconds - messageIntervalMinSeconds);
  repeat(send, messageInterval(), messageInterval);

  return {
    metricsPort: port,
    get openConnections() {
      return connections.size;
    },
    drain,
    close,
  };
}

/** Seconds from now until the clock's seconds leave the remainder `phase` when divided by `interval`. */
function secondsUntil(phase: number, interval: number): number {
  const past = (Date.now() / 1000 - phase) % interval;
  return past > 0 ? interval - past : -past;
}

/** A URL as logs may hold it: without credentials and query, which may be secret. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.slice(0, MAX_PATH_LENGTH)}`;
}
