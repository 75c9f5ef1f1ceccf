import { createRegistry, gauge } from '@envoy-poc/env';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Answer, Decider } from './decider.ts';

/** Pods whose word has an age of its own in the metrics: those with the oldest. Of 10,000 a scrape would take too long. */
const MOST_NAMED_PODS = 100;

const ANSWERS: readonly Answer['kind'][] = ['picked', 'rate', 'full', 'unready'];

export type PickerMetrics = ReturnType<typeof createMetrics>;

/** The figures of one picker, in a registry of its own. */
export function createMetrics(decider: Decider, now: () => number) {
  const registry = createRegistry('endpoint_picker_log_lines_dropped_total');
  const registers = [registry];
  const { book } = decider;
  gauge(registry, 'endpoint_picker_ready', '1 if edges are answered, 0 if they go on without it.', () =>
    decider.unready(now()) === undefined ? 1 : 0,
  );
  gauge(registry, 'endpoint_picker_pods', 'Pods that are heard.', () => book.pods);
  gauge(registry, 'endpoint_picker_free_slots', 'Slots that can be handed out.', () => book.freeSlots);
  gauge(registry, 'endpoint_picker_slots_taken', 'Slots that pods say are taken.', () => book.takenSlots);
  gauge(
    registry,
    'endpoint_picker_new_connections_per_second',
    'New connections a second that it admits at most.',
    () => decider.perSecond,
  );
  gauge(
    registry,
    'endpoint_picker_hand_outs_outstanding',
    'Slots handed out that no pod has confirmed.',
    () => book.outstanding,
  );
  gauge(
    registry,
    'endpoint_picker_clients_remembered',
    'Clients that the rate for each client remembers.',
    () => decider.clients,
  );
  gauge(registry, 'endpoint_picker_oldest_word_seconds', "Age of the oldest of the pods' last words.", () => {
    const [oldest] = book.ages(now());
    return (oldest?.ageMs ?? 0) / 1000;
  });
  new Gauge({
    name: 'endpoint_picker_word_age_seconds',
    help: `Age of a pod's last word, of the ${MOST_NAMED_PODS} pods where it is oldest.`,
    labelNames: ['pod'],
    registers,
    collect() {
      this.reset();
      let named = 0;
      for (const { endpoint, ageMs } of book.ages(now())) {
        if (named++ === MOST_NAMED_PODS) break;
        this.set({ pod: endpoint }, ageMs / 1000);
      }
    },
  });
  const answers = new Counter({
    name: 'endpoint_picker_answers_total',
    help: 'Answers to edges by kind.',
    labelNames: ['answer'],
    registers,
  });
  for (const answer of ANSWERS) answers.inc({ answer }, 0);
  const unreadable = new Counter({
    name: 'endpoint_picker_unreadable_requests_total',
    help: 'Requests whose head could not be read, by the status of their answer.',
    labelNames: ['status'],
    registers,
  });
  for (const status of [400, 408, 431]) unreadable.inc({ status }, 0);
  const dropped = new Counter({
    name: 'endpoint_picker_connections_dropped_total',
    help: 'Connections beyond the most there may be, by port.',
    labelNames: ['port'],
    registers,
  });
  for (const port of ['decisions', 'reports']) dropped.inc({ port }, 0);
  const decisionSeconds = new Histogram({
    name: 'endpoint_picker_decision_seconds',
    help: 'Time from a question being read to its answer being handed to the system.',
    buckets: [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1],
    registers,
  });
  return {
    registry,
    unreadable,
    dropped,
    answered(answer: Answer['kind'], seconds: number) {
      answers.inc({ answer });
      decisionSeconds.observe(seconds);
    },
    reports: new Counter({
      name: 'endpoint_picker_reports_total',
      help: 'Lines that pods said.',
      registers,
    }),
    badReports: new Counter({
      name: 'endpoint_picker_bad_reports_total',
      help: 'Streams cut because of what they said, or because they said nothing.',
      registers,
    }),
  };
}
