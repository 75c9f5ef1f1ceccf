/** The parts of a bootstrap that controls change. */
export interface Bootstrap {
  static_resources: { clusters: Named[]; listeners: (Named & { filter_chains: [{ filters: Filter[] }] })[] };
  overload_manager: {
    resource_monitors: { name: string; typed_config: object }[];
    actions: { name: string; triggers: object[] }[];
  };
  [field: string]: unknown;
}

interface Named {
  name: string;
  [field: string]: unknown;
}

interface Filter {
  name: string;
  typed_config: Record<string, unknown>;
}

function named<T extends { name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (!found) throw new Error(`the bootstrap has no "${name}", only ${all.map((one) => one.name)}`);
  return found;
}

/** The cluster of the servers. */
export function serversCluster(bootstrap: Bootstrap): { [field: string]: unknown } {
  return named(bootstrap.static_resources.clusters, 'servers');
}

/** The cluster of the endpoint pickers. */
export function pickerCluster(bootstrap: Bootstrap): { [field: string]: unknown } {
  return named(bootstrap.static_resources.clusters, 'picker');
}

/** How an edge reaches the endpoint picker. */
export function pickerService(bootstrap: Bootstrap): { server_uri: { timeout: string } } {
  const filters = httpOf(bootstrap, 'ingress').http_filters as Filter[];
  const { http_service } = named(filters, 'envoy.filters.http.ext_authz').typed_config;
  return http_service as { server_uri: { timeout: string } };
}

export function listenerOf(bootstrap: Bootstrap, name: string) {
  return named(bootstrap.static_resources.listeners, name);
}

/** The network filters of a listener. */
export function filtersOf(bootstrap: Bootstrap, listener: string): Filter[] {
  return listenerOf(bootstrap, listener).filter_chains[0].filters;
}

/** The fields of the HTTP connection manager of a listener. */
export function httpOf(bootstrap: Bootstrap, listener: string): Record<string, unknown> {
  return named(filtersOf(bootstrap, listener), 'envoy.filters.network.http_connection_manager').typed_config;
}

interface Route {
  name: string;
  match: { headers: { name: string }[] };
  route: { timeout: string; retry_policy: { per_try_timeout: string } };
  typed_per_filter_config: Record<string, Record<string, unknown>>;
}

/** The routes on which upgrades reach pods. */
export function routesToPods(bootstrap: Bootstrap): Route[] {
  return routesOf(bootstrap).filter(({ name }) => name === 'upgrade' || name === 'picked');
}

/** The route of upgrades. */
export function upgradeRoute(bootstrap: Bootstrap): Route {
  return named(routesOf(bootstrap), 'upgrade');
}

function routesOf(bootstrap: Bootstrap): Route[] {
  const { virtual_hosts } = httpOf(bootstrap, 'ingress').route_config as {
    virtual_hosts: [{ routes: Route[] }];
  };
  return virtual_hosts[0].routes;
}

/** The fields of the rate limit on upgrades. */
export function upgradeRate(bootstrap: Bootstrap): Record<string, unknown> {
  const config = upgradeRoute(bootstrap).typed_per_filter_config['envoy.filters.http.local_ratelimit'];
  if (!config) throw new Error('the route of upgrades has no rate limit');
  return config;
}
