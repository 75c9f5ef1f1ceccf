import { createRegistry, gauge } from '@envoy-poc/env';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Slots } from './slots.ts';

/** Why an upgrade was answered as it was. */
export type UpgradeResult = 'accepted' | 'full' | 'draining' | 'bad_request' | 'origin';

const RESULTS: readonly UpgradeResult[] = ['accepted', 'full', 'draining', 'bad_request', 'origin'];

/** What an edge said of itself when it was asked; `none`: nothing, or not in time. */
export type EdgeAnswer = 'live' | 'draining' | 'other' | 'none';

const EDGE_ANSWERS: readonly EdgeAnswer[] = ['live', 'draining', 'other', 'none'];

/** What a connection may send only so much of. */
export type BudgetName = 'messages' | 'bytes';

const BUDGETS: readonly BudgetName[] = ['messages', 'bytes'];

export type ServerMetrics = ReturnType<typeof createMetrics>;

/** The figures of one server, in a registry of its own. */
export function createMetrics(slots: Slots) {
  const registry = createRegistry('ws_server_log_lines_dropped_total');
  const registers = [registry];
  gauge(registry, 'ws_server_open_connections', 'WebSocket connections open now.', () => slots.taken);
  gauge(
    registry,
    'ws_server_open_connections_max',
    'Most WebSocket connections open at once since start.',
    () => slots.highWater,
  );
  new Gauge({
    name: 'ws_server_connection_limit',
    help: 'WebSocket connections this pod accepts.',
    registers,
  }).set(slots.limit);
  const upgrades = new Counter({
    name: 'ws_server_upgrades_total',
    help: 'Upgrade requests by result.',
    labelNames: ['result'],
    registers,
  });
  for (const result of RESULTS) upgrades.inc({ result }, 0);
  const unreadable = new Counter({
    name: 'ws_server_unreadable_requests_total',
    help: 'Requests whose head could not be read, by the status of their answer.',
    labelNames: ['status'],
    registers,
  });
  for (const status of [400, 408, 431]) unreadable.inc({ status }, 0);
  const edgeAnswers = new Counter({
    name: 'ws_server_edge_answers_total',
    help: 'Answers of edges that were asked whether they drain.',
    labelNames: ['answer'],
    registers,
  });
  for (const answer of EDGE_ANSWERS) edgeAnswers.inc({ answer }, 0);
  const overBudget = new Counter({
    name: 'ws_server_over_budget_total',
    help: 'Connections closed because they sent more than their budget.',
    labelNames: ['budget'],
    registers,
  });
  for (const budget of BUDGETS) overBudget.inc({ budget }, 0);
  return {
    registry,
    upgrades,
    unreadable,
    edgeAnswers,
    edgeCloses: new Counter({
      name: 'ws_server_edge_closes_total',
      help: 'Connections closed because their edge drains.',
      registers,
    }),
    messages: new Counter({
      name: 'ws_server_messages_total',
      help: 'Text messages received and answered.',
      registers,
    }),
    overBudget,
    pickerStreams: new Gauge({
      name: 'ws_server_picker_streams',
      help: 'Endpoint pickers that this pod tells of its slots now.',
      registers,
    }),
    replySeconds: new Histogram({
      name: 'ws_server_reply_seconds',
      help: 'Time from a message to its reply being handed to the system.',
      buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
      registers,
    }),
  };
}
