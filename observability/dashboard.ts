import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** A query, and what its lines are called. */
type Query = readonly [expr: string, legend: string];

interface PanelOptions {
  readonly queries: readonly Query[];
  /** What it shows, for who has not seen it before. */
  readonly about: string;
  /** Grafana's name of a unit. */
  readonly unit?: string;
  /** Columns of 24. */
  readonly width?: number;
}

const datasource = { type: 'prometheus', uid: '$datasource' };

const targets = (queries: readonly Query[]) =>
  queries.map(([expr, legend], n) =>
    new DataqueryBuilder()
      .refId(String.fromCharCode(65 + n))
      .datasource(datasource)
      .expr(expr)
      .legendFormat(legend),
  );

const panel = (title: string, { queries, about, unit = 'short', width = 8 }: PanelOptions) =>
  new TimeSeriesBuilder()
    .title(title)
    .description(about)
    .datasource(datasource)
    .targets(targets(queries))
    .unit(unit)
    .min(0)
    .span(width)
    .height(8);

const figure = (title: string, about: string, query: Query) =>
  new StatBuilder()
    .title(title)
    .description(about)
    .datasource(datasource)
    .targets(targets([query]))
    .span(4)
    .height(4);

/** A percentile of a histogram, over all pods. */
const percentile = (share: number, histogram: string): Query => [
  `histogram_quantile(${share}, sum by (le) (rate(${histogram}_bucket[1m])))`,
  `p${share * 100}`,
];

const upgrades = 'envoy_local_http_ratelimit_prefix="upgrade"';
const servers = 'envoy_cluster_name="servers"';

/** The dashboard, as Grafana imports it. */
export const dashboard = new DashboardBuilder('envoy-poc')
  .uid('envoy-poc')
  .tags(['envoy-poc', 'websocket', 'envoy'])
  .time({ from: 'now-15m', to: 'now' })
  .refresh('5s')
  .tooltip(DashboardCursorSync.Crosshair)
  .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'))

  .withRow(new RowBuilder('Limits'))
  .withPanel(
    figure('Open', 'Connections that server pods hold.', ['sum(ws_server_open_connections)', 'open']),
  )
  .withPanel(
    figure('Slots', 'Connections that server pods may hold.', ['sum(ws_server_connection_limit)', 'slots']),
  )
  .withPanel(
    figure(
      'Over the limit',
      'Most connections of any pod since its start, beyond its limit. Must be 0 or less.',
      ['max(ws_server_open_connections_max - ws_server_connection_limit)', 'beyond'],
    ),
  )
  .withPanel(
    figure('Admissions a second', 'Over the last minute.', [
      'sum(rate(ws_server_upgrades_total{result="accepted"}[1m]))',
      'admissions',
    ]),
  )
  .withPanel(
    figure('Pickers ready', 'Endpoint pickers that answer. None: edges admit by their shares.', [
      'sum(endpoint_picker_ready)',
      'ready',
    ]),
  )
  .withPanel(
    figure('Not scraped', 'Pods that give no statistics.', [
      'count(up{job=~"server|edge|client|picker"} == 0) or vector(0)',
      'down',
    ]),
  )

  .withRow(new RowBuilder('Connections'))
  .withPanel(
    panel('Connections per server pod', {
      about: 'Open now, and the limit of each pod.',
      queries: [
        ['ws_server_open_connections', '{{pod}}'],
        ['max(ws_server_connection_limit)', 'limit'],
      ],
    }),
  )
  .withPanel(
    panel('Most connections per server pod', {
      about: 'Since the start of the pod. Above the limit even for a moment is a breach.',
      queries: [
        ['ws_server_open_connections_max', '{{pod}}'],
        ['max(ws_server_connection_limit)', 'limit'],
      ],
    }),
  )
  .withPanel(
    panel('Connections of each edge to each pod', {
      about: 'As the edges count them.',
      queries: [[`envoy_cluster_endpoint_cx_active{${servers}}`, '{{pod}} → {{envoy_endpoint_address}}']],
    }),
  )
  .withPanel(
    panel('Connections per edge', {
      about: 'Upgraded connections of clients.',
      queries: [
        ['envoy_http_downstream_cx_upgrades_active{envoy_http_conn_manager_prefix="ingress"}', '{{pod}}'],
      ],
    }),
  )
  .withPanel(
    panel('Connections per client', {
      about: 'As the clients count them.',
      queries: [['ws_client_open_connections', '{{pod}}']],
    }),
  )
  .withPanel(
    panel('Slots, as the endpoint picker knows them', {
      about: 'Of the picker with most pods. Handed out: given to an edge, not yet confirmed by a pod.',
      queries: [
        ['max(endpoint_picker_free_slots)', 'free'],
        ['max(endpoint_picker_slots_taken)', 'taken'],
        ['max(endpoint_picker_hand_outs_outstanding)', 'handed out'],
      ],
    }),
  )

  .withRow(new RowBuilder('Admissions and refusals'))
  .withPanel(
    panel('Admissions against the rate', {
      about: 'Connections that pods accepted, a second, over the last minute.',
      unit: 'cps',
      queries: [
        ['sum(rate(ws_server_upgrades_total{result="accepted"}[1m]))', 'admitted'],
        ['envoy_poc:new_connections_per_second:limit', 'rate'],
      ],
    }),
  )
  .withPanel(
    panel('Refusals by reason', {
      about: 'Who refused, and why. npx envoy-poc why explains each.',
      unit: 'cps',
      queries: [
        [
          'sum by (answer) (rate(endpoint_picker_answers_total{answer=~"rate|full|unready"}[1m]))',
          'picker: {{answer}}',
        ],
        [`sum(rate(envoy_http_local_rate_limit_rate_limited{${upgrades}}[1m]))`, 'edges: share of the rate'],
        ['sum by (result) (rate(ws_server_upgrades_total{result!="accepted"}[1m]))', 'pods: {{result}}'],
      ],
    }),
  )
  .withPanel(
    panel('Attempts, as clients see them', {
      about: 'By what became of them.',
      unit: 'cps',
      queries: [['sum by (result) (rate(ws_client_attempts_total[1m]))', '{{result}}']],
    }),
  )
  .withPanel(
    panel('Admitted without the picker', {
      about: 'By the edges’ own shares of the rate, and questions that the picker did not answer.',
      unit: 'cps',
      queries: [
        [`sum by (pod) (rate(envoy_http_local_rate_limit_ok{${upgrades}}[1m]))`, '{{pod}}'],
        ['sum(rate(envoy_http_ext_authz_error{envoy_http_conn_manager_prefix="ingress"}[1m]))', 'no answer'],
      ],
    }),
  )
  .withPanel(
    panel('Time of a decision', {
      about: 'From a question being read to its answer.',
      unit: 's',
      queries: [0.5, 0.99].map((share) => percentile(share, 'endpoint_picker_decision_seconds')),
    }),
  )
  .withPanel(
    panel('Age of the oldest word', {
      about: 'How long a picker has not heard of a pod. At 3 s the pod is offered to nobody.',
      unit: 's',
      queries: [['endpoint_picker_oldest_word_seconds', '{{pod}}']],
    }),
  )

  .withRow(new RowBuilder('Health'))
  .withPanel(
    panel('Round trip of a message', {
      about: 'From a client through an edge to a pod and back.',
      unit: 's',
      queries: [0.5, 0.99].map((share) => percentile(share, 'ws_client_round_trip_seconds')),
    }),
  )
  .withPanel(
    panel('Server pods, as edges see them', {
      about: 'Free, full and away, by the health checks of each edge.',
      queries: [
        [`max(envoy_cluster_membership_healthy{${servers}})`, 'free'],
        [`max(envoy_cluster_membership_degraded{${servers}})`, 'full'],
        [
          `max(envoy_cluster_membership_total{${servers}} - envoy_cluster_membership_healthy{${servers}} - envoy_cluster_membership_degraded{${servers}})`,
          'away',
        ],
      ],
    }),
  )
  .withPanel(
    panel('Heap of an edge', {
      about: 'Of the heap above which it refuses requests.',
      unit: 'percent',
      queries: [['envoy_overload_envoy_resource_monitors_fixed_heap_pressure', '{{pod}}']],
    }),
  );

/** What {@link dashboard} is as a file. */
export const text = `${JSON.stringify(dashboard.build(), null, 2)}\n`;

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'dashboard.json'), text);
