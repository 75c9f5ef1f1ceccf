import type { DataPlane } from './plane/data-plane.ts';

/** What the checks have of their surroundings. */
export interface VerifyContext {
  /** The data plane that is looked at. @throws {CheckError} when there is none */
  plane(): Promise<DataPlane>;
  /** What to type to look at a workload more closely. */
  readonly look: (workload: 'server' | 'edge' | 'client') => string;
  /** IPv4 ranges that pods have addresses of; undefined: the pods' own addresses tell. */
  podRanges(): Promise<readonly string[] | undefined>;
  /** How long exchanges and logs are looked at. */
  readonly windowSeconds: number;
}
