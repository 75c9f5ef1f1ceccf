/** What HAProxy or nginx is told. */
export interface PeerConfig {
  /** Number of this proxy among `peers`, from 0. */
  index: number;
  /** Where each HAProxy listens for the others, `address:port`. */
  peers: readonly string[];
  workers: number;
  listen: string;
  servers: readonly string[];
  /** Connections of a server. */
  limit: number;
  /** New connections a second over all proxies; no limit without. */
  rate?: number;
}

/** An nginx that refuses everybody at once. */
export function refuserConfig(config: PeerConfig): string {
  return nginxConfig(config, 'return 503;');
}

/**
 * The stick table counts what was admitted: with `http_req_rate`, refused attempts would count too, and keep everybody
 * out for as long as they come. A counter remembers a single event for two of its periods, so half the interval is
 * what spaces admissions by the interval.
 */
export function haproxyConfig({ index, peers, workers, listen, servers, limit, rate }: PeerConfig): string {
  const period = Math.max(1, Math.round(500 / (rate ?? 1)));
  return `
global
  maxconn 8000
  nbthread ${workers}
  localpeer proxy-${index}
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 1ms
  timeout tunnel 1h
peers proxies
${peers.map((peer, i) => `  peer proxy-${i} ${peer}`).join('\n')}
backend rate
  stick-table type integer size 1k expire 1m store gpc0,gpc0_rate(${period}ms) peers proxies
frontend clients
  bind ${listen}
  http-request return status 200 if { path /healthz }
${
  rate === undefined
    ? ''
    : `  http-request track-sc0 int(1) table rate
  http-request deny deny_status 429 if { sc0_gpc0_rate ge 1 }
  http-request sc-inc-gpc0(0)`
}
  default_backend servers
backend servers
  balance leastconn
${servers.map((server, i) => `  server pod-${i + 1} ${server} maxconn ${limit}`).join('\n')}
`;
}

export function nginxConfig(
  { index, peers, workers, listen, servers, limit, rate }: PeerConfig,
  first = rate === undefined ? '' : 'limit_req zone=rate;',
): string {
  const perMinute = Math.max(1, Math.round(((rate ?? 0) * 60) / peers.length));
  return `
daemon off;
pid nginx-${index}.pid;
worker_processes ${workers};
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
  limit_req_zone $server_port zone=rate:1m rate=${perMinute}r/m;
  limit_req_status 429;
  upstream servers {
    zone servers 512k;
    least_conn;
${servers.map((server) => `    server ${server} max_conns=${limit} max_fails=0;`).join('\n')}
  }
  server {
    listen ${listen} backlog=4096;
    location = /healthz { return 200; }
    location / {
      ${first}
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
