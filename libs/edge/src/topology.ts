/** Where an edge listens and where it finds the servers. */
export interface Topology {
  /** Where clients and the load balancer connect. */
  ingress: SocketAddress;
  /** Where `GET /ready` and `GET /stats/prometheus` are served. */
  stats: SocketAddress;
  /** Where the edge is looked after: `GET /drain`, `/healthz` and `/alive`. */
  lifecycle: SocketAddress;
  /**
   * Unix socket of Envoy's own administration, which anybody who reaches it may end: a file, or `@name` for one
   * that has no file (Linux). Never TCP, where every web page in a browser on this machine would reach it.
   */
  adminSocket: string;
  /**
   * Address that connections to the servers come from, by which they know the edge. Left out: the system chooses,
   * which is right where an edge has one address.
   */
  source?: string;
  /** The server pods. */
  servers: Endpoints;
  /**
   * The endpoint pickers, the one to ask first at the front; the next only while those before it are away. Left out where
   * `admission` is `shared`.
   */
  pickers?: Endpoints[];
  /** Source addresses whose `X-Forwarded-For` is believed: the load balancer's subnets. Empty: nobody's. */
  trustedProxyCidrs: readonly string[];
  /**
   * Origins, such as `https://app.example`, whose web pages may connect; others are refused before they cost a token.
   * Left out: every page may. Programs that name no origin always may.
   */
  allowedOrigins?: readonly string[];
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
