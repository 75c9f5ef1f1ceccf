/** Where an edge listens and where it finds the servers and the other edges. */
export interface Topology {
  /** Where clients and the load balancer connect. */
  ingress: SocketAddress;
  /** Where `GET /ready` and `GET /stats/prometheus` are served. */
  stats: SocketAddress;
  /** Where `GET /drain` fails the health check and answers once the drain time is over. */
  drain: SocketAddress;
  /** Envoy's own administration; always a loopback address. */
  admin: SocketAddress;
  /**
   * Address that connections to the servers come from, by which they know the edge. Left out: the system chooses,
   * which is right where an edge has one address.
   */
  source?: string;
  /** The server pods. */
  servers: Endpoints;
  /** The edges, this one included; only their number counts. */
  edges: Endpoints;
  /** Source addresses whose `X-Forwarded-For` is believed: the load balancer's subnets. Empty: nobody's. */
  trustedProxyCidrs: readonly string[];
  /** Addresses that count as internal. Empty: none. */
  internalCidrs: readonly string[];
}

/** An IPv4 address and a port. */
export interface SocketAddress {
  address: string;
  port: number;
}

/** Hosts by a DNS name that resolves to all of them, or by their addresses. */
export type Endpoints =
  | { kind: 'dns'; name: string; port: number }
  | { kind: 'addresses'; addresses: readonly SocketAddress[] };
