/** Where an edge listens and where it finds servers and the other edges. */
export interface Topology {
  /** Where clients and the load balancer connect. */
  ingress: SocketAddress;
  /** Where `/ready` and `/stats/prometheus` are served. */
  stats: SocketAddress;
  /** Envoy's own administration; always a loopback address. */
  admin: SocketAddress;
  /** The server pods. */
  servers: Endpoints;
  /** The edges, this one included; only their number counts. */
  edges: Endpoints;
  /** Source addresses whose `X-Forwarded-For` is believed: the load balancer's subnets. Empty: nobody's. */
  trustedProxyCidrs: readonly string[];
  /** Addresses that count as internal. */
  internalCidrs: readonly string[];
}

/** An IP address and a port. */
export interface SocketAddress {
  address: string;
  port: number;
}

/** Hosts by a DNS name that resolves to all of them, or by their addresses. */
export type Endpoints =
  | { kind: 'dns'; name: string; port: number }
  | { kind: 'addresses'; addresses: readonly SocketAddress[] };
