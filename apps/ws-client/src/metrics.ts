import { createRegistry, gauge } from '@envoy-poc/env';
import { Counter, Histogram } from 'prom-client';

/** How an attempt ended: open, or why it was refused. */
export type AttemptResult = 'open' | 'rate' | 'full' | 'other';

const RESULTS: readonly AttemptResult[] = ['open', 'rate', 'full', 'other'];

export type ClientMetrics = ReturnType<typeof createMetrics>;

/** The figures of one client, in a registry of its own. */
export function createMetrics(openConnections: () => number) {
  const registry = createRegistry('ws_client_log_lines_dropped_total');
  const registers = [registry];
  gauge(registry, 'ws_client_open_connections', 'WebSocket connections open now.', openConnections);
  const attempts = new Counter({
    name: 'ws_client_attempts_total',
    help: 'Attempts to connect by result.',
    labelNames: ['result'],
    registers,
  });
  for (const result of RESULTS) attempts.inc({ result }, 0);
  return {
    registry,
    attempts,
    messagesSent: new Counter({
      name: 'ws_client_messages_sent_total',
      help: 'Messages sent.',
      registers,
    }),
    replies: new Counter({
      name: 'ws_client_replies_total',
      help: 'Valid replies received.',
      registers,
    }),
    roundTripSeconds: new Histogram({
      name: 'ws_client_round_trip_seconds',
      help: 'Time from a message to its reply.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  };
}
