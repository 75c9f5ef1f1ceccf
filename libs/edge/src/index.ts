export type { EdgeLimits, RateLimit } from './limits.ts';
export type { Endpoints, SocketAddress, Topology } from './topology.ts';
