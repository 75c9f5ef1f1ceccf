import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Connection } from './connection.ts';
import type { EdgeAnswer, ServerMetrics } from './metrics.ts';

/** Longest wait for an edge's whole answer. */
const TIMEOUT_MS = 2000;

/** Edges asked at the same time. */
const AT_ONCE = 8;

/** Characters of an answer that are read. */
const MOST_CHARACTERS = 64;

export interface EdgeWatch {
  /** Port on which edges answer `GET /ready`. */
  port: number;
  /** Time from one question to an edge to the next. */
  intervalSeconds: number;
  /** Time over which the connections of an edge that drains are closed. */
  serverDrainSeconds: number;
  /** Numbers from 0 up to 1. */
  random: () => number;
  metrics: ServerMetrics;
  logger: Logger;
  /** Ends the watch. */
  signal: AbortSignal;
}

/**
 * Tells the clients of an edge that drains, which Envoy cannot: it ends upgraded connections without a close frame.
 * Again and again each edge behind an open connection is asked whether it drains; the connections of one that does are
 * closed with 1001, each at a random moment of the drain time. Whatever else an edge answers, or that it does not
 * answer, changes nothing.
 */
export async function watchEdges(connections: ReadonlySet<Connection>, watch: EdgeWatch): Promise<void> {
  const { port, serverDrainSeconds, metrics, logger, signal } = watch;
  const leaving = new WeakSet<Connection>();
  /** When the last connection of each draining edge is to be closed: those that still come by it, too. */
  const drainedAt = new Map<string, number>();

  function close(edge: string, open: readonly Connection[]): void {
    const now = performance.now();
    const end = drainedAt.get(edge) ?? now + serverDrainSeconds * 1000;
    if (!drainedAt.has(edge)) {
      drainedAt.set(edge, end);
      logger.info({ event: 'edge_draining', edge, serverDrainSeconds, connections: open.length });
    }
    for (const connection of open) {
      leaving.add(connection);
      metrics.edgeCloses.inc();
      const delayMs = watch.random() * Math.max(0, end - now);
      void connection.closeAfter(delayMs, 1001, 'edge is shutting down');
    }
  }

  async function askEach(edges: Iterator<[string, Connection[]]>): Promise<void> {
    for (let next = edges.next(); !next.done && !signal.aborted; next = edges.next()) {
      const [edge, open] = next.value;
      const answer = await ask(edge, port, signal);
      if (signal.aborted) return;
      metrics.edgeAnswers.inc({ answer });
      if (answer === 'draining') close(edge, open);
      else if (answer === 'live') drainedAt.delete(edge);
    }
  }

  while (!signal.aborted) {
    const startedAt = performance.now();
    const staying = [...connections].filter((connection) => !leaving.has(connection));
    const byEdge = Map.groupBy(staying, ({ peer }) => peer);
    const edges = byEdge.entries();
    await Promise.all(Array.from({ length: AT_ONCE }, () => askEach(edges)));
    for (const [edge, end] of drainedAt) {
      if (end < startedAt && !byEdge.has(edge)) drainedAt.delete(edge);
    }
    const restMs = Math.max(0, startedAt + watch.intervalSeconds * 1000 - performance.now());
    await sleep(restMs, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** Asks an edge for `/ready`; never throws. */
function ask(host: string, port: number, signal: AbortSignal): Promise<EdgeAnswer> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: '/ready', agent: false, signal }, (response) =>
      resolve(answerOf(response)),
    );
    const timer = setTimeout(() => request.destroy(), TIMEOUT_MS);
    request.on('error', () => resolve('none'));
    request.on('close', () => {
      clearTimeout(timer);
      resolve('none');
    });
  });
}

/**
 * Only Envoy's very words count: 503 alone may come from an overloaded one ("envoy overloaded"), to which clients can
 * bring it (https://www.envoyproxy.io/docs/envoy/latest/operations/admin, `GET /ready`).
 */
async function answerOf(response: IncomingMessage): Promise<EdgeAnswer> {
  let text = '';
  try {
    for await (const chunk of response.setEncoding('latin1')) {
      text += chunk;
      if (text.length > MOST_CHARACTERS) break;
    }
  } catch {
    return 'none';
  }
  switch (`${response.statusCode} ${text}`) {
    case '200 LIVE\n':
      return 'live';
    case '503 DRAINING\n':
      return 'draining';
    default:
      return 'other';
  }
}
