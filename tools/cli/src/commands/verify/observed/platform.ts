import type { Limits } from '@envoy-poc/edge';
import type { Workload } from '@envoy-poc/layers/workloads';
import type { Verdict } from '../../start/index.ts';

/** A pod of a workload, or a process of a local run. */
export interface PodState {
  readonly name: string;
  /** Its address; undefined while it has none. */
  readonly ip: string | undefined;
  /** Why it does not work, in words; undefined: it does. */
  readonly problem: string | undefined;
  readonly restarts: number;
  /** Seconds since it started; undefined where that is not known. */
  readonly ageSeconds: number | undefined;
}

/** What a server says of itself. */
export interface ServerGauges {
  readonly name: string;
  /** Connections open now. */
  readonly open: number;
  /** Most connections open at once since its start. */
  readonly highWater: number;
  /** Connections it accepts. */
  readonly limit: number;
}

/** What the clients saw within a window. */
export interface Exchanges {
  readonly replies: number;
  /** Replies that were wrong, late or lost, in words. */
  readonly wrong: readonly string[];
}

/** What the edges' access logs hold of a window. */
export interface LoggedEvents {
  readonly opened: number;
  readonly refusedByRate: number;
  readonly refusedFull: number;
  /** What should not be there, or is missing, in words. */
  readonly odd: readonly string[];
}

/** How many there should be, and the limits that hold. */
interface Promised {
  /** Pickers left out: there should be none. */
  readonly replicas: Readonly<Record<Exclude<Workload, 'picker'>, number>> & { readonly picker?: number };
  /** Who admits; undefined where nobody says. */
  readonly admission: Limits['admission'] | undefined;
  /** New connections that all edges together admit in one second at most; undefined where nobody says. */
  readonly mostInOneSecond: number | undefined;
}

/** Servers, edges and clients that run somewhere, as they can be looked at. */
export interface ObservedPlatform {
  promised(): Promise<Promised>;
  pods(workload: Workload): Promise<readonly PodState[]>;
  /** What every server says of itself. */
  gauges(): Promise<readonly ServerGauges[]>;
  /** Upgraded connections open now, by edge. */
  openAtEdges(): Promise<readonly { readonly name: string; readonly open: number }[]>;
  /** What clients see from now on for `seconds`, or have seen in the last `seconds`; earlier if something is wrong. */
  exchanges(seconds: number, signal: AbortSignal): Promise<Exchanges>;
  logged(seconds: number): Promise<LoggedEvents>;
  /** Whether the endpoint pickers have kept their promises in the last `seconds`. Asked only where they admit. */
  admissions(seconds: number): Promise<readonly Verdict[]>;
  /** Where a client of this machine connects, and through what in words; undefined: nowhere. */
  way(): Promise<{ readonly url: string; readonly through: string } | undefined>;
  /** Ends what was opened to look. */
  close(): Promise<void>;
}
