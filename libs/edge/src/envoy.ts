import type { SocketAddress } from './topology.ts';

/** An Envoy extension: its name and its typed configuration. `type` is below `envoy.extensions`. */
export function extension(name: string, config: { type: string; [field: string]: unknown }) {
  const { type, ...fields } = config;
  return { name, typed_config: { '@type': `type.googleapis.com/envoy.extensions.${type}`, ...fields } };
}

/** Envoy's form of an address. */
export function socketAddress(at: SocketAddress) {
  return { socket_address: { address: at.address, port_value: at.port } };
}

/** The last filter of every chain. */
export function router() {
  return extension('envoy.filters.http.router', { type: 'filters.http.router.v3.Router' });
}

/** A listener with one HTTP connection manager, whose fields are `hcm`. */
export function listener(
  name: string,
  at: SocketAddress,
  { hcm, ...fields }: { hcm: Record<string, unknown>; [field: string]: unknown },
) {
  return {
    name,
    address: socketAddress(at),
    ...fields,
    filter_chains: [
      {
        filters: [
          extension('envoy.filters.network.http_connection_manager', {
            type: 'filters.network.http_connection_manager.v3.HttpConnectionManager',
            stat_prefix: name,
            ...hcm,
          }),
        ],
      },
    ],
  };
}
