import { checkEdge } from './check.ts';
import { adminCluster, pickerCluster, serversCluster } from './clusters.ts';
import { extension, unixSocket } from './envoy.ts';
import { ingressListener } from './ingress-listener.ts';
import { lifecycleListener } from './lifecycle-listener.ts';
import { ceilings, type Limits } from './limits.ts';
import { statsListener } from './stats-listener.ts';
import type { Topology } from './topology.ts';

/**
 * The bootstrap of one edge (Envoy 1.39 or newer). The same limits give the same bootstrap in every
 * topology, but for addresses and how hosts are found. Of the limits it holds the rates, the number of edges, how long
 * a connection may be quiet and how long an edge drains: no other changes it.
 * @throws {EdgeConfigError} when the limits or the topology cannot work.
 */
export function edgeBootstrap(limits: Limits, topology: Topology) {
  checkEdge(limits, topology);
  return {
    admin: { address: unixSocket(topology.adminSocket) },
    overload_manager: overloadManager(),
    layered_runtime: {
      // A listener that drains says so to the others by a runtime value, which the administration may set.
      layers: [{ name: 'administration', admin_layer: {} }],
    },
    static_resources: {
      listeners: [
        ingressListener(limits, topology),
        statsListener(topology),
        lifecycleListener(limits, topology),
      ],
      clusters: [
        serversCluster(limits, topology),
        adminCluster(topology),
        ...(limits.admission === 'exact' ? [pickerCluster(topology.pickers ?? [])] : []),
      ],
    },
  };
}

function overloadManager() {
  const heap = 'envoy.resource_monitors.fixed_heap';
  const above = (value: number) => [{ name: heap, threshold: { value } }];
  return {
    refresh_interval: '0.25s',
    resource_monitors: [
      extension(heap, {
        type: 'resource_monitors.fixed_heap.v3.FixedHeapConfig',
        max_heap_size_bytes: ceilings.heapBytes,
      }),
      // Never reached, as each listener has a limit of its own; without it Envoy warns at every start.
      extension('envoy.resource_monitors.global_downstream_max_connections', {
        type: 'resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
        max_active_downstream_connections: 2 ** 31 - 1,
      }),
    ],
    actions: [
      { name: 'envoy.overload_actions.shrink_heap', triggers: above(0.95) },
      { name: 'envoy.overload_actions.stop_accepting_requests', triggers: above(0.98) },
    ],
  };
}

/**
 * Envoy's command line, without the program. The edge's name in the access log is the environment
 * variable `EDGE_NAME`.
 * @param options.config file with the bootstrap; its name ends in `.json` or `.yaml`
 * @param options.concurrency worker threads
 */
export function envoyArguments(options: { config: string; concurrency: number }): string[] {
  return [
    ...['--config-path', options.config],
    ...['--concurrency', String(options.concurrency)],
    ...['--log-level', 'warning'],
    // The access log is read live; Envoy's default is to hold it back for ten seconds.
    ...['--file-flush-interval-msec', '200'],
    '--disable-hot-restart',
  ];
}
