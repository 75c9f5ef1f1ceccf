import { sample } from '#runtime/prometheus';

/** What a server's `/metrics` says of its connections. @throws {Error} when it is not a server's */
export function serverGauges(text: string): { open: number; highWater: number; limit: number } {
  const of = (name: string) => {
    const value = sample(text, name);
    if (value === undefined) throw new Error(`there is no ${name} among its metrics`);
    return value;
  };
  return {
    open: of('ws_server_open_connections'),
    highWater: of('ws_server_open_connections_max'),
    limit: of('ws_server_connection_limit'),
  };
}

/** How many upgraded connections an edge's statistics name. @throws {Error} when they are not an edge's */
export function openUpgrades(text: string): number {
  const value = sample(
    text,
    'envoy_http_downstream_cx_upgrades_active{envoy_http_conn_manager_prefix="ingress"}',
  );
  if (value === undefined)
    throw new Error('there is no envoy_http_downstream_cx_upgrades_active of the ingress');
  return value;
}
