export type { AccessLogLine } from './access-log.ts';
export { type Bootstrap, edgeBootstrap, envoyArguments } from './bootstrap.ts';
export { EdgeConfigError, type Problem } from './errors.ts';
export { drainHeader } from './lifecycle-listener.ts';
export {
  type EdgeLimits,
  type EdgeLimitsInput,
  edgeLimits,
  mostAdmissionsInOneSecond,
  type RateLimit,
} from './limits.ts';
export type { Endpoints, SocketAddress, Topology } from './topology.ts';
