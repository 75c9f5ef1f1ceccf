/**
 * Sums the samples of one metric in Prometheus text form
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
 *
 * @param labels a part of the sample's labels, such as `prefix="ingress"`; left out: all samples
 * @returns undefined when there is no such sample
 */
function metric(text: string, name: string, labels = ''): number | undefined {
  const values = text.split('\n').flatMap((line) => {
    const [, found, inner = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    return found === name && inner.includes(labels) ? [Number(value)] : [];
  });
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) : undefined;
}

/** What a server's `/metrics` says of its connections. @throws {Error} when it is not a server's */
export function serverGauges(text: string): { open: number; highWater: number; limit: number } {
  const of = (name: string) => {
    const value = metric(text, name);
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
  const value = metric(
    text,
    'envoy_http_downstream_cx_upgrades_active',
    'envoy_http_conn_manager_prefix="ingress"',
  );
  if (value === undefined)
    throw new Error('there is no envoy_http_downstream_cx_upgrades_active of the ingress');
  return value;
}
