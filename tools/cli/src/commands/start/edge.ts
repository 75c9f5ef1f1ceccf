import { edgeBootstrap, envoyArguments, type Limits, type Topology } from '@envoy-poc/edge';
import { sample } from '#runtime/prometheus';
import { type Addresses, type EdgePlace, show } from './addresses.ts';
import { answers, Child, type ChildOptions } from './child.ts';

export interface EdgeOptions extends Pick<ChildOptions, 'onLine' | 'reaper'> {
  name: string;
  /** Envoy's program. */
  envoy: string;
  /** File with the bootstrap; its name ends in `.json`. */
  config: string;
  /** Worker threads. */
  concurrency: number;
}

/** The bootstrap of one edge of a local run. */
export function localBootstrap(
  limits: Limits,
  places: Pick<Addresses, 'pods' | 'pickers'>,
  at: EdgePlace,
  {
    trustedProxyCidrs = [],
    allowedOrigins,
  }: Partial<Pick<Topology, 'trustedProxyCidrs' | 'allowedOrigins'>> = {},
) {
  return edgeBootstrap(limits, {
    ...at,
    source: at.ingress.address,
    servers: { kind: 'addresses', addresses: places.pods },
    ...(places.pickers.length > 0 && {
      pickers: places.pickers.map(({ decisions }) => ({
        kind: 'addresses' as const,
        addresses: [decisions],
      })),
    }),
    trustedProxyCidrs,
    ...(allowedOrigins && { allowedOrigins }),
    internalCidrs: [],
  });
}

/** Starts an Envoy; it may not be ready yet. */
export function startEdge(options: EdgeOptions): Child {
  return new Child({
    ...options,
    program: options.envoy,
    args: envoyArguments(options),
    env: { EDGE_NAME: options.name },
  });
}

/**
 * Waits until an edge is ready and has found so many pods, full ones among them, and healthy pickers. Before it has
 * found a picker, it would admit by its share.
 * @throws {ChildError}
 */
export async function edgeReady(edge: Child, at: EdgePlace, pods: number, pickers = 0): Promise<void> {
  await edge.until(() => answers(`http://${show(at.stats)}/ready`), 60);
  await edge.until(async () => {
    const response = await fetch(`http://${show(at.stats)}/stats/prometheus?filter=membership`, {
      signal: AbortSignal.timeout(2000),
    });
    const stats = await response.text();
    const members = (kind: string, cluster: string) =>
      sample(stats, `envoy_cluster_membership_${kind}{envoy_cluster_name="${cluster}"}`) ?? 0;
    const found = members('healthy', 'servers') + members('degraded', 'servers');
    return found >= pods && members('healthy', 'picker') >= pickers;
  }, 60);
}
