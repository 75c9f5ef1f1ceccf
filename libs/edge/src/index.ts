export type { AccessLogLine } from './access-log.ts';
export { edgeBootstrap, envoyArguments } from './bootstrap.ts';
export { demandFaults, idleFaults, limitFaults } from './check.ts';
export { EdgeConfigError } from './errors.ts';
export { drainHeader } from './lifecycle-listener.ts';
export {
  admissionIntervalSeconds,
  admissionRate,
  attemptsPerSecond,
  capacityOf,
  type Demand,
  defaultDemand,
  defaultLimits,
  demandSchema,
  type Limits,
  limitsSchema,
  mostAdmissionsInOneSecond,
  mostBySharesInOneSecond,
  type RateLimit,
  sharesOf,
  wantedBy,
} from './limits.ts';
export type { SocketAddress, Topology } from './topology.ts';
