import { answers, planAddresses, type Reaper, show } from '@envoy-poc/cli/start';
import { defaultLimits, edgeBootstrap, type Limits } from '@envoy-poc/edge';
import { runEnvoy } from '../../processes.ts';

/** A cluster of a bootstrap, as these measurements change it. */
export interface Cluster {
  name: string;
  type?: string;
  cluster_type?: { name: string; typed_config: { [field: string]: unknown } };
  health_checks: { [field: string]: unknown }[];
  load_assignment: { cluster_name: string; endpoints: { lb_endpoints: object[] }[] };
  [field: string]: unknown;
}

/** An edge that is not ready after this will not be. */
const MOST_READY_SECONDS = 15;

export interface Edge extends AsyncDisposable {
  pid: number;
  /** How long it took to be ready; left out: it is not, after {@link MOST_READY_SECONDS}. */
  readySeconds: number | undefined;
  /** URL of its `/ready` and `/stats/prometheus`. */
  stats: string;
}

export interface EdgeOptions {
  folder: string;
  reaper: Reaper;
  /** First two numbers of its addresses. */
  network: string;
  /** DNS name of the pods. */
  pods: string;
  change(servers: Cluster, clusters: Cluster[]): void;
}

/**
 * Starts an edge as in a cluster, changed, and waits until it is ready or will not be. The limit of its heap is left out, which would make
 * it refuse its statistics.
 */
export async function startChangedEdge({
  folder,
  reaper,
  network,
  pods,
  change,
}: EdgeOptions): Promise<Edge> {
  const limits: Limits = { ...defaultLimits, serverReplicas: 1, edgeReplicas: 1, admission: 'shared' };
  const [at] = planAddresses({ ...limits, clientReplicas: 0, network }).edges;
  if (!at) throw new Error('no edge planned');
  const generated = edgeBootstrap(limits, {
    ...at,
    servers: { kind: 'dns', name: pods, port: 8080 },
    trustedProxyCidrs: [],
    internalCidrs: [],
  });
  const bootstrap = JSON.parse(JSON.stringify(generated));
  delete bootstrap.overload_manager;
  const { clusters } = bootstrap.static_resources as { clusters: Cluster[] };
  const servers = clusters.find(({ name }) => name === 'servers');
  if (!servers) throw new Error('the bootstrap has no cluster of servers');
  change(servers, clusters);
  const envoy = await runEnvoy(bootstrap, { name: `edge-${network}`, folder, workers: 2, reaper });
  const stats = `http://${show(at.stats)}`;
  const startedAt = performance.now();
  const readySeconds = await envoy
    .until(() => answers(`${stats}/ready`), MOST_READY_SECONDS)
    .then(() => (performance.now() - startedAt) / 1000)
    .catch((error: unknown) => {
      if (envoy.running) return undefined;
      throw error;
    });
  return { pid: envoy.pid, readySeconds, stats, [Symbol.asyncDispose]: () => envoy.stop(5) };
}

export function endpointAt(address: string, port: number): object {
  return { endpoint: { address: { socket_address: { address, port_value: port } } } };
}

/** Has a cluster ask one DNS server for its name, by UDP first, or by TCP only. */
export function askDns(cluster: Cluster, address: string, port: number, by: 'UDP' | 'TCP' = 'UDP'): void {
  Object.assign(cluster.cluster_type?.typed_config ?? {}, {
    typed_dns_resolver_config: {
      name: 'envoy.network.dns_resolver.cares',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
        resolvers: [{ socket_address: { address, port_value: port } }],
        dns_resolver_options: { use_tcp_for_dns_lookups: by === 'TCP', no_default_search_domain: true },
      },
    },
  });
}
