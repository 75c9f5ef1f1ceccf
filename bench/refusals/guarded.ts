import { edgeReady, localBootstrap, planAddresses, show, startPicker } from '@envoy-poc/cli/start';
import { defaultLimits, type Limits } from '@envoy-poc/edge';
import type { RunningServer } from '@envoy-poc/ws-server';
import type { Setting } from '../part.ts';
import { runEnvoy, runPeer, runPods } from '../processes.ts';
import { startPlainEnvoy, type Target, targetOf } from '../traffic/targets.ts';
import { share } from './share.ts';

/** What refuses. */
export type Guard = 'exact' | 'shared' | 'envoy' | 'haproxy' | 'nginx';

export const guards: Readonly<Record<Guard, string>> = {
  exact: 'this project, `admission: exact`',
  shared: 'this project, `admission: shared`',
  envoy: 'Envoy alone, `local_ratelimit`',
  haproxy: 'HAProxy',
  nginx: 'nginx',
};

/** What a guard may admit at once after a quiet time: one, or where it counts by the second, what a second may bring. */
export function burstOf(guard: Guard, rate: number): number {
  return guard === 'exact' || guard === 'nginx' ? 1 : rate;
}

/** One proxy that refuses, as small as an edge is deployed, in front of real server pods. */
export interface Guarded extends AsyncDisposable {
  /** Where clients connect: host and port. */
  address: string;
  /** Processes of the proxy. */
  pids: readonly number[];
  pods: readonly RunningServer[];
  /** Whether a control group holds it to its share. */
  held: boolean;
}

export interface GuardedOptions extends Pick<Setting, 'folder' | 'reaper'> {
  network: string;
  /** New connections a second. */
  rate: number;
  /** Connections of a pod. */
  limit: number;
}

/** An edge's limits in a cluster, and a picker's. */
const edgeShare = { millicores: 250, bytes: 256 * 2 ** 20 };
const pickerShare = { millicores: 250, bytes: 128 * 2 ** 20 };
const podCount = 4;
/** As in a cluster. */
const workers = 2;

/** Starts pods, then a proxy, and waits until it is ready. */
export async function startGuarded(guard: Guard, options: GuardedOptions): Promise<Guarded> {
  const { rate, limit, network, reaper, folder } = options;
  const ours = guard === 'exact' || guard === 'shared';
  const limits: Limits = {
    ...{ ...defaultLimits, edgeReplicas: 1, serverReplicas: podCount },
    ...{ connectionsPerPod: limit, newConnectionsPerSecond: rate },
    admission: guard === 'exact' ? 'exact' : 'shared',
  };
  const places = planAddresses({ ...limits, clientReplicas: 0, network });
  const [at] = places.edges;
  if (!at) throw new Error('no edge was planned');
  await using starting = new AsyncDisposableStack();
  const bound = (name: string, pids: readonly number[], size: typeof edgeShare) => {
    const group = share(`${network}-${name}`, size);
    for (const pid of pids) group?.hold(pid);
    if (group) starting.defer(() => group.remove());
    return group;
  };
  const pickers = places.pickers.map((place, i) =>
    startPicker({ name: `picker-${i + 1}`, at: place, limits, reaper, env: { LOG_LEVEL: 'warn' } }),
  );
  bound(
    'pickers',
    pickers.map(({ pid }) => pid),
    { ...pickerShare, bytes: 2 * pickerShare.bytes },
  );
  for (const picker of pickers) starting.defer(() => picker.stop(5));
  // The peers' limit is theirs: a pod that refuses would hide what they let through.
  const reportsTo = places.pickers.map(({ reports }) => reports);
  const pods = await runPods(places.pods, ours ? limit : 10_000, reportsTo, starting);
  const group = bound('edge', [], edgeShare);
  const proxy = await startProxy();
  for (const pid of proxy.pids) group?.hold(pid);
  starting.defer(() => proxy.stop());
  const running = starting.move();
  return {
    ...{ address: proxy.address, pids: proxy.pids, pods, held: group !== undefined },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };

  async function startProxy(): Promise<Target> {
    const listen = `${network}.2.1:8000`;
    const servers = places.pods.map(show);
    const target = { network, folder, reaper, workers, servers, connections: 2000 };
    if (guard === 'envoy') return startPlainEnvoy(target, [localRateLimit(rate)]);
    const name = `refusals-${network}`;
    const place = { name, folder, reaper };
    if (guard === 'haproxy') {
      return targetOf(
        await runPeer(guard, haproxyConfig(listen, servers, rate, limit), listen, place),
        listen,
      );
    }
    if (guard === 'nginx') {
      const config = nginxConfig(listen, servers, rate, limit, network);
      return targetOf(await runPeer(guard, config, listen, place), listen);
    }
    if (!at) throw new Error('no edge was planned');
    const edge = await runEnvoy(localBootstrap(limits, places, at), { ...place, workers });
    // From the start, so that all its memory counts.
    group?.hold(edge.pid);
    await edgeReady(edge, at, podCount, pickers.length);
    return targetOf(edge, show(at.ingress));
  }
}

/** As Envoy's documentation shows it. It takes a health check for a request like any other. */
function localRateLimit(rate: number): object {
  const all = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
  return {
    name: 'envoy.filters.http.local_ratelimit',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      stat_prefix: 'ingress',
      token_bucket: { max_tokens: rate, tokens_per_fill: 1, fill_interval: `${1 / rate}s` },
      filter_enabled: all,
      filter_enforced: all,
    },
  };
}

/** Refuses at once what is over the rate, or would wait for a slot. */
function haproxyConfig(listen: string, servers: readonly string[], rate: number, limit: number): string {
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
  timeout http-request 10s
  timeout tunnel 1h
frontend clients
  bind ${listen}
  stick-table type integer size 10 expire 10s store gpc0_rate(1s)
  http-request return status 200 if { path /healthz }
  http-request deny deny_status 503 if { be_conn(servers) ge ${limit * servers.length} }
  http-request track-sc0 int(1)
  http-request deny deny_status 429 if { sc0_gpc0_rate ge ${rate} }
  http-request sc-inc-gpc0(0)
  default_backend servers
backend servers
  balance leastconn
${servers.map((server, i) => `  server pod-${i + 1} ${server} maxconn ${limit}`).join('\n')}
`;
}

function nginxConfig(
  listen: string,
  servers: readonly string[],
  rate: number,
  limit: number,
  name: string,
): string {
  return `
daemon off;
pid refusals-${name}.pid;
worker_processes ${workers};
error_log /dev/null crit;
events { worker_connections 8192; }
http {
  access_log off;
  client_header_timeout 10s;
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
