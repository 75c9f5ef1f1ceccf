import { readFileSync } from 'node:fs';
import {
  answers,
  type Child,
  edgeReady,
  localBootstrap,
  planAddresses,
  type Reaper,
  show,
} from '@envoy-poc/cli/start';
import { defaultLimits, type Limits } from '@envoy-poc/edge';
import { ceilings } from '@envoy-poc/edge/limits';
import { runEnvoy, runPeer } from '../processes.ts';

/** A bootstrap of this project's edge. */
export type Bootstrap = ReturnType<typeof localBootstrap>;

/** A proxy in front of the echo servers, or the first of these. */
export interface Target {
  /** Where clients connect: host and port. */
  address: string;
  /** Processes that do its work. */
  pids: readonly number[];
  stop(): Promise<void>;
}

export interface TargetOptions {
  /** Echo servers: host and port. */
  servers: readonly string[];
  /** Connections that it must hold. */
  connections: number;
  /** Worker threads or processes. */
  workers: number;
  /** First two numbers of the loopback addresses. */
  network: string;
  folder: string;
  reaper: Reaper;
}

/**
 * This project's edge as deployed by default, but for what would bound the load itself: the rate, the connections of an
 * edge and its heap. Nobody answers where its pickers are, so it admits by its share; no message passes a picker.
 */
export async function startOurs(
  options: TargetOptions,
  change: (bootstrap: Bootstrap) => void = () => {},
): Promise<Target> {
  const { servers, connections, network } = options;
  const limits: Limits = {
    ...{ ...defaultLimits, edgeReplicas: 1, serverReplicas: servers.length },
    ...{ newConnectionsPerSecond: 1_000_000 },
  };
  const places = planAddresses({ ...limits, clientReplicas: 0, network });
  const [at] = places.edges;
  if (!at) throw new Error('no edge was planned');
  const pods = servers.map((server) => {
    const [address = '', port] = server.split(':');
    return { address, port: Number(port) };
  });
  const raised = new Map<unknown, number>([
    [ceilings.connections, connections + 100],
    [ceilings.sockets, connections + 100],
    [ceilings.heapBytes, 2 ** 32],
  ]);
  const text = JSON.stringify(localBootstrap(limits, { ...places, pods }, at));
  const bootstrap = JSON.parse(text, (_, value) => raised.get(value) ?? value) as Bootstrap;
  change(bootstrap);
  const child = await runEnvoy(bootstrap, { ...options, name: nameOf(options) });
  await edgeReady(child, at, servers.length);
  return targetOf(child, show(at.ingress));
}

/**
 * Envoy with no more than it takes to pass WebSockets on.
 * @param filters HTTP filters before the router
 */
export async function startPlainEnvoy(
  options: TargetOptions,
  filters: readonly object[] = [],
): Promise<Target> {
  const { servers, connections, network } = options;
  const ingress = { address: `${network}.2.1`, port: 8000 };
  const most = connections + 100;
  const type = 'type.googleapis.com/envoy.extensions.filters';
  const child = await runEnvoy(
    {
      static_resources: {
        listeners: [
          {
            address: { socket_address: { address: ingress.address, port_value: ingress.port } },
            filter_chains: [
              {
                filters: [
                  {
                    name: 'envoy.filters.network.http_connection_manager',
                    typed_config: {
                      '@type': `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
                      stat_prefix: 'ingress',
                      upgrade_configs: [{ upgrade_type: 'websocket' }],
                      http_filters: [
                        ...filters,
                        {
                          name: 'envoy.filters.http.router',
                          typed_config: { '@type': `${type}.http.router.v3.Router` },
                        },
                      ],
                      route_config: {
                        virtual_hosts: [
                          {
                            ...{ name: 'all', domains: ['*'] },
                            routes: [{ match: { prefix: '/' }, route: { cluster: 'servers' } }],
                          },
                        ],
                      },
                    },
                  },
                ],
              },
            ],
          },
        ],
        clusters: [
          {
            name: 'servers',
            circuit_breakers: {
              thresholds: [{ max_connections: most, max_pending_requests: most, max_requests: most }],
            },
            load_assignment: {
              cluster_name: 'servers',
              endpoints: [
                {
                  lb_endpoints: servers.map((server) => {
                    const [address, port] = server.split(':');
                    return {
                      endpoint: { address: { socket_address: { address, port_value: Number(port) } } },
                    };
                  }),
                },
              ],
            },
          },
        ],
      },
    },
    { ...options, name: nameOf(options) },
  );
  await child.until(() => answers(`http://${show(ingress)}/healthz`), 60);
  return targetOf(child, show(ingress));
}

/** Name of a target's process and configuration. */
const nameOf = ({ network }: TargetOptions) => `traffic-${network}`;

export async function startHaproxy(options: TargetOptions): Promise<Target> {
  const { servers, connections, network, workers } = options;
  const address = `${network}.2.1:8000`;
  const config = `
global
  maxconn ${connections + 100}
  nbthread ${workers}
  log stderr local0 emerg
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend clients
  bind ${address}
  default_backend servers
backend servers
${servers.map((server, i) => `  server pod-${i + 1} ${server}`).join('\n')}
`;
  return targetOf(await runPeer('haproxy', config, address, { ...options, name: nameOf(options) }), address);
}

export async function startNginx(options: TargetOptions): Promise<Target> {
  const { servers, connections, network, workers } = options;
  const address = `${network}.2.1:8000`;
  const config = `
daemon off;
pid traffic-${network}.pid;
worker_processes ${workers};
error_log stderr crit;
events { worker_connections ${3 * connections + 100}; }
http {
  access_log off;
  upstream servers {
${servers.map((server) => `    server ${server};`).join('\n')}
  }
  server {
    listen ${address};
    location / {
      proxy_pass http://servers;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 1h;
    }
  }
}
`;
  return targetOf(await runPeer('nginx', config, address, { ...options, name: nameOf(options) }), address);
}

export function targetOf(child: Child, address: string): Target {
  return { address, pids: [child.pid, ...childrenOf(child.pid)], stop: () => child.stop(5) };
}

/** Worker processes, such as nginx has. */
function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}
