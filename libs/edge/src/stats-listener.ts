import { listener, plainGet, router } from './envoy.ts';
import { ceilings } from './limits.ts';
import type { Topology } from './topology.ts';

/** Two paths of the administration, read only; every other path is 404, every other method 405. */
export function statsListener(topology: Topology) {
  const paths = ['/ready', '/stats/prometheus'];
  return listener('stats', topology.stats, {
    // Each pod asks whether the edge drains, one question at a time; some more for those who read statistics.
    connections: ceilings.servers + 100,
    requestSeconds: 15,
    throughOverload: true,
    http: { http_filters: [router()] },
    routes: [
      ...paths.map((path) => ({ match: { path, headers: plainGet }, route: { cluster: 'admin' } })),
      ...paths.map((path) => ({
        match: { path },
        direct_response: { status: 405 },
        response_headers_to_add: [{ header: { key: 'allow', value: 'GET' } }],
      })),
    ],
  });
}
