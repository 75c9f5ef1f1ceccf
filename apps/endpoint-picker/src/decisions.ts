import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import { clientAddressHeader, maxRequestIdLength, pickedHeader } from '@envoy-poc/edge/picker-contract';
import { type Health, headBounds, probes, sendText, unreadable } from '@envoy-poc/env';
import type { Logger } from 'pino';
import type { PickerSettings } from './config.ts';
import type { Answer, Decider, Grounds, Question } from './decider.ts';
import type { PickerMetrics } from './metrics.ts';

/** Under this path edges ask; a gateway that appends a client's path to it never asks for `/healthz`. */
const DECIDE = '/decide';

/** Longer than any Envoy keeps a connection that it does not use (1 h by default, ours 4 s), so that it closes first. */
const KEEP_ALIVE_MS = 65 * 60 * 1000;

/** Connections at once. A storm opens one for each question of an edge. */
const MOST_CONNECTIONS = 4000;

/** The longest text of an IPv6 address with its zone. */
const MAX_CLIENT_LENGTH = 64;

/** Answers edges, and `/healthz`, `/alive` and `/metrics`. */
export function decisionServer(
  settings: PickerSettings,
  deps: {
    decider: Decider;
    health: () => Health;
    metrics: PickerMetrics;
    logger: Logger;
    now: () => number;
  },
): Server {
  const { decider, health, metrics, logger, now } = deps;
  const server = createServer(
    {
      ...headBounds(settings.headTimeoutSeconds),
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
      shouldUpgradeCallback: () => false,
    },
    probes(metrics.registry, health, (request, response) => {
      if (request.url?.startsWith(DECIDE)) return decide(request, response);
      if (request.url === '/alive') return sendText(response, 200, 'ok\n');
      sendText(response, 404, `edges ask at ${DECIDE}\n`, { connection: 'close' });
    }),
  );
  server.maxConnections = MOST_CONNECTIONS;
  server.on('drop', () => metrics.dropped.inc({ port: 'decisions' }));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A peer that goes away is no request.
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const { status, detail } = unreadable(error);
    metrics.unreadable.inc({ status });
    logger.info({ event: 'unreadable', status, detail });
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
    socket.end(head, () => socket.destroy());
  });

  function decide(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = performance.now();
    const requestId = headerOf(request, 'x-request-id', maxRequestIdLength);
    const client = headerOf(request, clientAddressHeader, MAX_CLIENT_LENGTH);
    // Edges name it always, a page in somebody's browser only if it is allowed to (CORS).
    if (requestId === undefined) {
      sendText(response, 400, 'x-request-id is missing\n');
      return;
    }
    const question = { requestId, client };
    const nowMs = now();
    const answer = decider.decide(question, nowMs);
    send(response, answer);
    metrics.answered(answer.kind, (performance.now() - startedMs) / 1000);
    logger.info({
      event: 'decision',
      requestId,
      client,
      answer: answer.kind,
      ...(answer.kind === 'picked' && { pod: answer.endpoints[0], endpoints: answer.endpoints }),
      ...(answer.kind === 'rate' && { of: answer.of }),
      ...((answer.kind === 'rate' || answer.kind === 'full') && groundsOf(question, nowMs)),
      ...(answer.kind === 'unready' && { why: answer.why }),
    });
  }

  function groundsOf(question: Question, nowMs: number): Grounds {
    const grounds = decider.grounds(question, nowMs);
    return { ...grounds, waitMs: Math.ceil(grounds.waitMs) };
  }
  return server;
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.kind === 'picked') {
    const headers = { [pickedHeader]: answer.endpoints.join(','), 'content-length': 0 };
    response.writeHead(200, headers).end();
  } else if (answer.kind === 'rate') {
    const retryAfter = Math.max(1, Math.ceil(answer.waitMs / 1000));
    const headers = { 'x-refusal': 'rate', 'retry-after': `${retryAfter}` };
    sendText(response, 429, 'rate: too many new connections\n', headers);
  } else if (answer.kind === 'full') {
    // To Envoy, 5xx would be an error of the picker; the edge makes 503 of this.
    sendText(response, 409, 'full: no free slot\n', { 'x-refusal': 'full', 'retry-after': '1' });
  } else {
    sendText(response, 503, `not ready: ${answer.why}\n`);
  }
}

function headerOf({ headers }: IncomingMessage, name: string, most: number): string | undefined {
  return headers[name]?.toString().slice(0, most) || undefined;
}
