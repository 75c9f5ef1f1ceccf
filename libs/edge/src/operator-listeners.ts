import { extension, listener, router } from './envoy.ts';
import type { EdgeLimits } from './limits.ts';
import { seconds } from './token-bucket.ts';
import type { Topology } from './topology.ts';

const get = { name: ':method', string_match: { exact: 'GET' } };

/** Two paths of the administration, read only; every other path is 404, every other method 405. */
export function statsListener(topology: Topology) {
  const paths = ['/ready', '/stats/prometheus'];
  return listener('stats', topology.stats, {
    ignore_global_conn_limit: true,
    hcm: {
      http_filters: [router()],
      route_config: {
        virtual_hosts: [
          {
            name: 'stats',
            domains: ['*'],
            routes: [
              ...paths.map((path) => ({ match: { path, headers: [get] }, route: { cluster: 'admin' } })),
              ...paths.map((path) => ({
                match: { path },
                direct_response: { status: 405 },
                response_headers_to_add: [{ header: { key: 'allow', value: 'GET' } }],
              })),
            ],
          },
        ],
      },
    },
  });
}

/**
 * `GET /drain`, for a `preStop` hook: fails the health check, then answers when the drain time is over.
 * An image without a shell cannot call the administration, and SIGTERM alone stops Envoy at once.
 */
export function drainListener(limits: EdgeLimits, topology: Topology) {
  const failHealthCheck = `function envoy_on_request(handle)
  local headers = handle:headers()
  if headers:get(":method") == "GET" and headers:get(":path") == "/drain" then
    handle:httpCall("admin", {[":method"]="POST", [":path"]="/healthcheck/fail", [":authority"]="admin"}, "", 1000)
  end
end`;
  const wait = extension('envoy.filters.http.fault', {
    type: 'filters.http.fault.v3.HTTPFault',
    delay: { fixed_delay: seconds(limits.drainSeconds), percentage: { numerator: 100 } },
  });
  return listener('drain', topology.drain, {
    ignore_global_conn_limit: true,
    hcm: {
      stream_idle_timeout: seconds(limits.drainSeconds + 10),
      http_filters: [
        extension('envoy.filters.http.lua', {
          type: 'filters.http.lua.v3.Lua',
          default_source_code: { inline_string: failHealthCheck },
        }),
        wait,
        router(),
      ],
      route_config: {
        virtual_hosts: [
          {
            name: 'drain',
            domains: ['*'],
            routes: [{ match: { path: '/drain', headers: [get] }, direct_response: { status: 200 } }],
          },
        ],
      },
    },
  });
}
