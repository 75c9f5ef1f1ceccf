import { absent, exactly, extension, type HttpRoute, listener, matching, plainGet, router } from './envoy.ts';
import { healthRoutes, leavingKey } from './leaving.ts';
import type { Limits } from './limits.ts';
import { seconds } from './token-bucket.ts';
import type { Topology } from './topology.ts';

/** Without this header nobody drains an edge: no web page can send it to another site, unlike a plain GET. */
export const drainHeader = { name: 'x-edge-drain', value: 'yes' } as const;

/**
 * For who looks after the edge, the kubelet in a cluster, which no crowd on other listeners keeps out:
 * - `GET /drain`, for a `preStop` hook: fails the health check, refuses new upgrades, then answers when the drain time
 *   is over. An image without a shell cannot call the administration, and SIGTERM alone stops Envoy at once.
 * - `GET /healthz`: whether clients should come. An edge that is overloaded stays in service: the others would be next.
 * - `GET /alive`: whether the edge works at all, by its main thread and a worker; also one that drains or is overloaded.
 */
export function lifecycleListener(limits: Limits, topology: Topology) {
  const drain: HttpRoute = {
    match: {
      path: '/drain',
      headers: [
        ...plainGet,
        exactly(drainHeader.name, drainHeader.value),
        // By an address only: a page of a name that its owner had resolve to this machine may send any header.
        matching(':authority', '(localhost|[0-9.]+|\\[[0-9a-f:.]+\\])(:[0-9]+)?'),
        absent('origin'),
      ],
    },
    direct_response: { status: 200 },
    typed_per_filter_config: {
      'envoy.filters.http.lua': extension('', {
        type: 'filters.http.lua.v3.LuaPerRoute',
        source_code: { inline_string: leave },
      }).typed_config,
      'envoy.filters.http.fault': extension('', {
        type: 'filters.http.fault.v3.HTTPFault',
        delay: { fixed_delay: seconds(limits.edgeDrainSeconds), percentage: { numerator: 100 } },
      }).typed_config,
    },
  };
  const refused: HttpRoute = {
    match: { path: '/drain', headers: [exactly(':method', 'GET')] },
    direct_response: {
      status: 403,
      body: {
        inline_string: `an edge drains only for who sends "${drainHeader.name}: ${drainHeader.value}" to its address, and no web page does\n`,
      },
    },
  };
  const alive: HttpRoute = {
    match: { path: '/alive', headers: [exactly(':method', 'GET')] },
    // The shortest answer of the administration that is 200 whatever the edge is about.
    route: { cluster: 'admin', prefix_rewrite: '/hot_restart_version' },
  };
  return listener('lifecycle', topology.lifecycle, {
    connections: 100,
    requestSeconds: limits.edgeDrainSeconds + 10,
    throughOverload: true,
    http: {
      stream_idle_timeout: seconds(limits.edgeDrainSeconds + 10),
      http_filters: [
        extension('envoy.filters.http.lua', { type: 'filters.http.lua.v3.Lua' }),
        extension('envoy.filters.http.fault', { type: 'filters.http.fault.v3.HTTPFault' }),
        router(),
      ],
    },
    routes: [drain, refused, alive, ...healthRoutes],
  });
}

const leave = `function envoy_on_request(handle)
  local post = function(path)
    handle:httpCall("admin", {[":method"]="POST", [":path"]=path, [":authority"]="admin"}, "", 1000)
  end
  post("/runtime_modify?${leavingKey}=100")
  post("/healthcheck/fail")
end`;
