import {
  answers,
  type Child,
  edgeReady,
  localBootstrap,
  planAddresses,
  type Reaper,
  show,
  startPicker,
} from '@envoy-poc/cli/start';
import { defaultLimits, type Limits } from '@envoy-poc/edge';
import type { RunningServer } from '@envoy-poc/ws-server';
import { runEnvoy, runPods } from '../../processes.ts';
import { shuffled } from '../simulator/random.ts';
import type { Checks, Setting } from '../simulator/setting.ts';
import { startRelay } from './relay.ts';

/** Real server pods, edges and, where the setting has reports, a picker. */
export interface Fleet extends AsyncDisposable {
  pods: RunningServer[];
  /** Where clients connect to the edges, and to the pods themselves. */
  edgeUrls: string[];
  podUrls: string[];
}

export interface Surroundings {
  /** First two numbers of the loopback addresses. */
  network: string;
  folder: string;
  reaper: Reaper;
  random: () => number;
}

/** Starts what a setting of the simulator stands for, and waits until all edges know all pods. */
export async function startFleet(
  setting: Setting,
  { network, folder, reaper, random }: Surroundings,
): Promise<Fleet> {
  const limits: Limits = {
    ...defaultLimits,
    ...{ serverReplicas: setting.pods, edgeReplicas: setting.edges, connectionsPerPod: setting.slotsPerPod },
    newConnectionsPerSecond: 100_000,
    admission: setting.reports ? 'exact' : 'shared',
  };
  const planned = planAddresses({ ...limits, clientReplicas: 0, network });
  const places = { ...planned, pickers: planned.pickers.slice(0, 1) };
  const closing = new AsyncDisposableStack();
  try {
    const reportsTo = await startPickers(closing);
    const pods = await runPods(places.pods, setting.slotsPerPod, reportsTo, closing);
    await startEdges(closing);
    return {
      pods,
      edgeUrls: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`),
      podUrls: places.pods.map((at) => `ws://${show(at)}/`),
      [Symbol.asyncDispose]: () => closing.disposeAsync(),
    };
  } catch (error) {
    await closing.disposeAsync();
    throw error;
  }

  /** @returns where pods report, to relays that hold every word back for a while */
  async function startPickers(closing: AsyncDisposableStack) {
    return Promise.all(
      places.pickers.map(async (at, n) => {
        const picker = startPicker({
          name: `picker-${n + 1}`,
          at,
          limits,
          reaper,
          env: { LOG_LEVEL: 'warn' },
        });
        closing.defer(() => picker.stop(5));
        const relayAt = { address: `${network}.5.${n + 1}`, port: at.reports.port };
        const relay = await startRelay(relayAt, at.reports, setting.reports?.delaySeconds ?? 0);
        closing.defer(() => void relay.close());
        return relayAt;
      }),
    );
  }

  async function startEdges(closing: AsyncDisposableStack): Promise<void> {
    const edges: Child[] = [];
    // One after the other: their checks begin at different times.
    for (const [n, at] of places.edges.entries()) {
      const listed = {
        ...places,
        pods: setting.order === 'own' ? shuffled(places.pods, random) : places.pods,
      };
      const bootstrap = JSON.parse(JSON.stringify(localBootstrap(limits, listed, at)));
      configure(bootstrap, setting);
      const edge = await runEnvoy(bootstrap, {
        name: `edge-${n + 1}`,
        folder,
        workers: setting.workers,
        reaper,
      });
      closing.defer(() => edge.stop(5));
      edges.push(edge);
      await edgeReady(edge, at, setting.pods);
    }
    for (const at of places.pickers) {
      await edges[0]?.until(() => answers(`http://${show(at.decisions)}/healthz`), 60);
    }
    await Promise.all(
      edges.map((edge, n) =>
        edgeReady(edge, places.edges[n] as (typeof places.edges)[0], setting.pods, places.pickers.length),
      ),
    );
  }
}

interface Bootstrap {
  static_resources: {
    clusters: { name: string; health_checks?: Record<string, unknown>[] }[];
    listeners: { name: string; filter_chains: { filters: { typed_config: HttpConfig }[] }[] }[];
  };
}

interface HttpConfig {
  route_config?: { virtual_hosts: { routes: { route?: { retry_policy?: { num_retries: number } } }[] }[] };
}

/** Sets what a setting varies; all else stays as this project has it. */
function configure({ static_resources }: Bootstrap, { checks, tries }: Setting): void {
  const servers = static_resources.clusters.find(({ name }) => name === 'servers');
  for (const check of servers?.health_checks ?? []) Object.assign(check, checks && healthCheck(checks));
  const routes = static_resources.listeners
    .flatMap(({ filter_chains }) => filter_chains.flatMap(({ filters }) => filters))
    .flatMap(({ typed_config }) => typed_config.route_config?.virtual_hosts ?? [])
    .flatMap(({ routes }) => routes);
  for (const { route } of routes) if (route?.retry_policy) route.retry_policy.num_retries = tries - 1;
}

/** The fields of Envoy's health check that {@link Checks} stands for. */
function healthCheck(checks: Checks) {
  const { intervalSeconds, fullIntervalSeconds, jitterSeconds, initialJitterSeconds, full } = checks;
  const every = `${intervalSeconds}s`;
  return {
    ...{ interval: every, no_traffic_interval: every },
    // A busy machine holds up an answer, which makes a pod no worse.
    timeout: '10s',
    ...(fullIntervalSeconds !== undefined && { unhealthy_interval: `${fullIntervalSeconds}s` }),
    ...(jitterSeconds !== undefined && { interval_jitter: `${jitterSeconds}s` }),
    ...(initialJitterSeconds !== undefined && { initial_jitter: `${initialJitterSeconds}s` }),
    // A full pod answers "full" instead.
    ...(full === 'unhealthy' && { http_health_check: { path: '/healthz', receive: [{ text: '6f6b' }] } }),
  };
}
