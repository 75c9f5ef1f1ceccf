import type { Bootstrap } from './targets.ts';

/** This project's edge with one thing changed. */
export interface Variant {
  name: string;
  workers?: number;
  change?(bootstrap: Bootstrap): void;
}

/** A field of a bootstrap: what Envoy's own reference calls it. */
type Fields = Record<string, unknown>;

function ingress(bootstrap: Bootstrap) {
  const [listener] = bootstrap.static_resources.listeners;
  const filters = listener?.filter_chains[0]?.filters ?? [];
  const manager = filters.at(-1)?.typed_config as Fields | undefined;
  if (!listener || !manager) throw new Error('the bootstrap has no ingress listener');
  return { listener: listener as Fields, filters, manager };
}

function servers(bootstrap: Bootstrap): Fields {
  const cluster: Fields | undefined = bootstrap.static_resources.clusters.find(
    ({ name }) => name === 'servers',
  );
  if (!cluster) throw new Error('the bootstrap has no cluster of servers');
  return cluster;
}

const withoutBuffers = (bootstrap: Bootstrap) => {
  delete ingress(bootstrap).listener.per_connection_buffer_limit_bytes;
  delete servers(bootstrap).per_connection_buffer_limit_bytes;
};

const withSmallBuffers = (bootstrap: Bootstrap) => {
  ingress(bootstrap).listener.per_connection_buffer_limit_bytes = 8192;
  servers(bootstrap).per_connection_buffer_limit_bytes = 8192;
};

/** Gives a limit up. */
const withoutIdleTimeouts = (bootstrap: Bootstrap) => {
  const { manager } = ingress(bootstrap);
  const text = JSON.stringify(manager.route_config, (key, value) => (key === 'idle_timeout' ? '0s' : value));
  Object.assign(manager, { stream_idle_timeout: '0s', route_config: JSON.parse(text) });
};

const withoutHttpFilters = (bootstrap: Bootstrap) => {
  const { manager } = ingress(bootstrap);
  manager.http_filters = (manager.http_filters as Fields[]).slice(-1);
  const text = JSON.stringify(manager.route_config, (key, value) =>
    key === 'typed_per_filter_config' ? undefined : value,
  );
  manager.route_config = JSON.parse(text);
};

/** What may cost something for each message, one by one. */
export const variants: readonly Variant[] = [
  { name: 'as deployed' },
  { name: 'no HTTP filter but the router', change: withoutHttpFilters },
  {
    name: 'no limit of connections',
    change: (bootstrap) => void ingress(bootstrap).filters.shift(),
  },
  { name: 'buffers of 1 MiB, as is the default', change: withoutBuffers },
  { name: 'buffers of 8 KiB', change: withSmallBuffers },
  { name: 'no idle time-outs', change: withoutIdleTimeouts },
  {
    name: 'no counters for each pod',
    change: (bootstrap) => void delete servers(bootstrap).track_cluster_stats,
  },
  {
    name: 'no statistics',
    change: (bootstrap) =>
      void Object.assign(bootstrap, {
        // But for what tells that the edge is ready.
        stats_config: { stats_matcher: { inclusion_list: { patterns: [{ contains: 'membership' }] } } },
      }),
  },
  { name: 'no access log', change: (bootstrap) => void delete ingress(bootstrap).manager.access_log },
  {
    name: 'no overload manager',
    change: (bootstrap) => void delete (bootstrap as Partial<Bootstrap>).overload_manager,
  },
  { name: '2 workers', workers: 2 },
  { name: 'as deployed, once more' },
];
