import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Addresses,
  Child,
  edgeReady,
  localBootstrap,
  planAddresses,
  type Reaper,
  show,
  startEdge,
  startPicker,
} from '@envoy-poc/cli/start';
import { defaultLimits, type Limits } from '@envoy-poc/edge';
import { findEnvoy } from '@envoy-poc/envoy';
import { type RunningServer, startServer } from '@envoy-poc/ws-server';
import { pino } from 'pino';
import { available, systemPath } from '../part.ts';

/** What limits the connections of a pod and the rate of new ones. */
export type Design = 'exact' | 'shared' | 'envoy' | 'haproxy' | 'nginx';

export const designs: Readonly<Record<Design, string>> = {
  exact: 'this project, `admission: exact`',
  shared: 'this project, `admission: shared`',
  envoy: 'Envoy alone, `per_host_thresholds.max_connections`',
  haproxy: 'HAProxy, `maxconn`',
  nginx: 'nginx, `max_conns` and `limit_req`',
};

/** The designs that can be measured on this machine. */
export function measurable(): Design[] {
  const install = 'apt install haproxy nginx-light';
  return (Object.keys(designs) as Design[]).filter(
    (design) => (design !== 'haproxy' && design !== 'nginx') || available(design, install),
  );
}

/** Proxies of one design in front of real server pods. */
export interface Fleet extends AsyncDisposable {
  pods: RunningServer[];
  /** Where clients connect. */
  urls: string[];
}

export interface FleetOptions {
  proxies: number;
  /** Worker threads or processes of a proxy. */
  workers: number;
  pods: number;
  limit: number;
  /** New connections a second. */
  rate: number;
  /** First two numbers of the loopback addresses. */
  network: string;
  folder: string;
  reaper: Reaper;
}

/** Starts pods, then proxies, and waits until they are ready. */
export async function startFleet(design: Design, options: FleetOptions): Promise<Fleet> {
  const { proxies, pods: serverReplicas, limit, rate, network } = options;
  const ours = design === 'exact' || design === 'shared';
  const limits: Limits = {
    ...defaultLimits,
    ...{ serverReplicas, edgeReplicas: proxies, connectionsPerPod: limit, newConnectionsPerSecond: rate },
    admission: design === 'exact' ? 'exact' : 'shared',
  };
  const places = planAddresses({ ...limits, clientReplicas: 0, network });
  const closing = new AsyncDisposableStack();
  const logger = pino({ level: 'silent' });
  for (const [i, at] of places.pickers.entries()) {
    // A process of its own, as it runs; in this one the attempts of a storm would hold it up.
    const picker = startPicker({
      ...{ name: `picker-${i + 1}`, at, limits, reaper: options.reaper },
      env: { LOG_LEVEL: 'warn' },
    });
    closing.defer(() => picker.stop(5));
  }
  const pods = await Promise.all(
    places.pods.map(async (at) => {
      const pod = await startServer(
        {
          ...{ host: at.address, port: at.port, podIp: at.address },
          // The peers' limit is theirs: a pod that refuses would hide what they let through.
          connectionsPerPod: ours ? limit : 10_000,
          ...(places.pickers.length > 0 && {
            pickers: places.pickers.map(({ reports: { address, port } }) => ({ host: address, port })),
          }),
        },
        { logger },
      );
      closing.defer(() => pod.close());
      return pod;
    }),
  );
  const children = await startProxies(design, limits, places, options);
  for (const child of children) closing.defer(() => child.stop(5));
  return {
    pods,
    urls: places.edges.map(({ ingress }) => `ws://${show(ingress)}/`),
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function startProxies(design: Design, limits: Limits, places: Addresses, options: FleetOptions) {
  const { workers, folder, reaper } = options;
  if (design === 'haproxy' || design === 'nginx') {
    return Promise.all(
      places.edges.map(async ({ ingress }, i) => {
        const name = `${design}-${i + 1}`;
        const config = join(folder, `${name}.conf`);
        const servers = places.pods.map(show);
        const listen = show(ingress);
        const text = { haproxy: haproxyConfig, nginx: nginxConfig }[design]({
          ...options,
          servers,
          listen,
          name,
        });
        await writeFile(config, text);
        const args =
          design === 'haproxy' ? ['-f', config, '-db'] : ['-c', config, '-p', folder, '-e', 'stderr'];
        const child = new Child({ name, program: design, args, reaper, env: { PATH: systemPath } });
        await child.until(async () => (await fetch(`http://${listen}/healthz`)).ok, 20);
        return child;
      }),
    );
  }
  const { path: envoy } = await findEnvoy();
  return Promise.all(
    places.edges.map(async (at, i) => {
      const name = `edge-${i + 1}`;
      const bootstrap = localBootstrap(limits, places, at);
      if (design === 'envoy') limitAtTheEdge(bootstrap as unknown as EnvoyClusters, options.limit);
      const config = join(folder, `${name}.json`);
      await writeFile(config, JSON.stringify(bootstrap));
      const child = startEdge({ name, envoy, config, concurrency: workers, onLine: () => {}, reaper });
      await edgeReady(child, at, limits.serverReplicas, places.pickers.length);
      return child;
    }),
  );
}

interface EnvoyClusters {
  static_resources: { clusters: { name: string; circuit_breakers?: object }[] };
}

/** What Envoy's documentation offers for this: a breaker for each host. */
function limitAtTheEdge(bootstrap: EnvoyClusters, limit: number): void {
  for (const cluster of bootstrap.static_resources.clusters) {
    if (cluster.name === 'servers') {
      cluster.circuit_breakers = { per_host_thresholds: [{ max_connections: limit }] };
    }
  }
}

interface ProxyConfig extends FleetOptions {
  name: string;
  listen: string;
  servers: string[];
}

/** A full server has a queue, which a client leaves after a second with 503. */
function haproxyConfig({ workers, listen, servers, limit }: ProxyConfig): string {
  return `
global
  maxconn 8000
  nbthread ${workers}
  log stderr local0 emerg
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 1s
  timeout tunnel 1h
frontend clients
  bind ${listen}
  acl health path /healthz
  http-request return status 200 if health
  default_backend servers
backend servers
  balance leastconn
${servers.map((server, i) => `  server pod-${i + 1} ${server} maxconn ${limit}`).join('\n')}
`;
}

function nginxConfig({ workers, listen, servers, limit, rate, name }: ProxyConfig): string {
  return `
daemon off;
pid ${name}.pid;
worker_processes ${workers};
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  limit_req_zone $server_port zone=rate:1m rate=${rate}r/s;
  limit_req_status 429;
  upstream servers {
    zone servers 512k;
    least_conn;
${servers.map((server) => `    server ${server} max_conns=${limit};`).join('\n')}
  }
  server {
    listen ${listen};
    location = /healthz { return 200; }
    location / {
      limit_req zone=rate;
      proxy_pass http://servers;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_read_timeout 1h;
    }
  }
}
`;
}
