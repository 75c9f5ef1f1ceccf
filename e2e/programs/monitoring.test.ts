import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child, type StateFile, startReaper } from '@envoy-poc/cli/start';
import { ports } from '@envoy-poc/layers/workloads';
import { haveCommand } from '@envoy-poc/testing';
import { expect, type TestContext, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from '../helpers/wait.ts';
import { npmStart, stateOnceUp } from '../local/npm-start.ts';
import { type Series, selectorsOf, selectsAny, seriesIn } from './promql.ts';

const folder = join(import.meta.dirname, '../../observability');
const read = (file: string) => readFile(join(folder, file), 'utf8');

interface Dashboard {
  panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[];
}
interface Rules {
  groups: { rules: { alert?: string; record?: string; expr: string }[] }[];
}

const rulesOf = async () => (parse(await read('rules.yml')) as Rules).groups.flatMap(({ rules }) => rules);

async function panelQueries() {
  const { panels } = JSON.parse(await read('dashboard.json')) as Dashboard;
  return panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));
}

/** Where the statistics of a run are, by job, as in a cluster. */
function targetsOf({ pods, edges, clients, pickers }: StateFile, network: string) {
  const of = (job: string, port: number, addresses: readonly string[]) =>
    addresses.map((address, n) => ({ job, port, address, pod: `${job}-${n + 1}` }));
  const clientAt = (_: unknown, n: number) => `${network}.3.${n + 1}:9104`;
  return [
    ...of(
      'server',
      ports.server,
      pods.map(({ address }) => address),
    ),
    ...of(
      'edge',
      ports.edgeStats,
      edges.map(({ stats }) => stats),
    ),
    ...of('client', ports.client, clients.map(clientAt)),
    ...of(
      'picker',
      ports.picker,
      pickers.map(({ address }) => address),
    ),
  ];
}

async function runWith(context: TestContext) {
  const run = await npmStart(context, [
    '--for',
    '300',
    '--client-replicas',
    '3',
    '--attempt-interval-seconds',
    '2',
  ]);
  const state = await stateOnceUp(run);
  const network = run.stateFile.split('/').at(-2) ?? '';
  return { state, targets: targetsOf(state, network) };
}

test('every metric and label of the rules and the dashboard is one that a run has', async (context) => {
  const { targets } = await runWith(context);
  const rules = await rulesOf();
  const queries = [...rules.map(({ expr }) => expr), ...(await panelQueries()).map(({ expr }) => expr)];
  const selectors = queries.flatMap(selectorsOf);
  expect(selectors.length).toBeGreaterThan(queries.length);
  const missing = (all: readonly Series[]) => selectors.filter((one) => !selectsAny(one, all));
  const read = async ({ job, pod, address }: (typeof targets)[number]): Promise<Series[]> => {
    const page = await fetch(`http://${address}${job === 'edge' ? '/stats/prometheus' : '/metrics'}`);
    // What Prometheus itself says of a target.
    const up = { __name__: 'up', job, pod };
    return [up, ...seriesIn(await page.text()).map((series) => ({ ...series, job, pod }))];
  };
  const recorded = rules.flatMap(({ record }) => (record ? [{ __name__: record }] : []));
  let series: Series[] = [];
  // Some appear with the first upgrade.
  await eventually(async () => {
    series = [...recorded, ...(await Promise.all(targets.map(read))).flat()];
    expect(missing(series)).toEqual([]);
  });
  // Control: without one label, and without one metric, it would be found.
  expect(missing(series.map(({ envoy_cluster_name: _, ...others }) => others)).length).toBeGreaterThan(5);
  expect(missing(series.filter(({ __name__ }) => __name__ !== 'ws_client_open_connections'))).toHaveLength(1);
});

/** A Prometheus with the configuration for clusters, which finds a run instead of a cluster's pods. */
async function prometheusOf(context: TestContext, targets: ReturnType<typeof targetsOf>) {
  const scratch = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const config = parse(await read('prometheus.yml'));
  const [job] = config.scrape_configs;
  const found = targets.map(({ job, port, address, pod }) => ({
    targets: [address],
    labels: {
      __meta_kubernetes_namespace: 'envoy-poc',
      __meta_kubernetes_pod_name: pod,
      __meta_kubernetes_pod_label_app_kubernetes_io_component: job,
      __meta_kubernetes_pod_container_port_number: String(port),
    },
  }));
  const { kubernetes_sd_configs: _, ...others } = job;
  const here = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: [{ ...others, static_configs: found }],
  };
  const file = join(scratch, 'prometheus.yml');
  await writeFile(file, stringify(here));
  const [network = ''] = targets[0]?.address.split('.1.') ?? [];
  const at = `${network}.5.1:9090`;
  const reaper = startReaper([]);
  const prometheus = new Child({
    ...{ name: 'prometheus', program: 'prometheus', reaper },
    args: [`--config.file=${file}`, `--storage.tsdb.path=${scratch}/data`, `--web.listen-address=${at}`],
  });
  context.onTestFinished(async () => {
    await prometheus.stop(10);
    reaper.release();
    await rm(scratch, { recursive: true });
  });
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`http://${at}/api/v1/${path}`);
    return ((await response.json()) as { data: T }).data;
  };
  await prometheus.until(async () => (await get('status/runtimeinfo')) !== undefined, 60);
  return {
    async query(expr: string) {
      const found = await get<{ result: { metric: Series }[] }>(`query?query=${encodeURIComponent(expr)}`);
      return found.result;
    },
    /** Alerts that fire, and of which pod. */
    async firing() {
      const { alerts } = await get<{ alerts: { labels: Series; state: string }[] }>('alerts');
      return alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => `${labels.alertname} ${labels.pod}`)
        .sort();
    },
  };
}

test.skipIf(!haveCommand('prometheus'))(
  'a real Prometheus: every panel has data, and the picker alert fires',
  async (context) => {
    const { state, targets } = await runWith(context);
    const { query, firing } = await prometheusOf(context, targets);
    await eventually(async () => expect(await query('up == 1')).toHaveLength(targets.length));
    const ups = (await query('up')).map(
      ({ metric: { job, pod, namespace } }) => `${job} ${pod} ${namespace}`,
    );
    expect(ups.sort()).toEqual(targets.map(({ job, pod }) => `${job} ${pod} envoy-poc`).sort());

    for (const { title, expr, legendFormat } of await panelQueries()) {
      await eventually(async () => {
        const found = await query(expr);
        expect(found.length, title).toBeGreaterThan(0);
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
          for (const { metric } of found) expect(metric, title).toHaveProperty(label);
        }
      });
    }
    expect(await firing()).toEqual([]);

    const signal = (name: NodeJS.Signals) => state.pickers.forEach(({ pid }) => void process.kill(pid, name));
    signal('SIGSTOP');
    const away = state.edges.map((_, n) => `EndpointPickerAway edge-${n + 1}`);
    await eventually(async () => expect(await firing()).toEqual(expect.arrayContaining(away)));
    signal('SIGCONT');
    await eventually(async () => expect((await firing()).join()).not.toContain('EndpointPickerAway'));
  },
);
