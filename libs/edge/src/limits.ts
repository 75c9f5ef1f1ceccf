/** What the edge enforces, wherever it runs. */
export interface EdgeLimits {
  /** Server pods expected behind the edge; an upgrade that one refuses may try the others. */
  pods: number;
  /** WebSocket connections a pod accepts. The pod is the authority; the edge only guards against leaks. */
  connectionsPerPod: number;
  /** Most edges that share the admission rate. */
  edges: number;
  /** New connections admitted by all edges together. */
  admission: RateLimit;
  /** New connections admitted from one client address. Left out: no limit a client. */
  admissionPerClient?: RateLimit;
  /** How often the server pings an open connection, in seconds. */
  pingIntervalSeconds: number;
  /** An open connection without any frame for this long is closed, in seconds. */
  streamIdleTimeoutSeconds: number;
  /** Longest wait for the answer to an upgrade, all tries together, in seconds. */
  upgradeTimeoutSeconds: number;
  /** Longest wait for one pod's answer to an upgrade, in seconds. */
  tryTimeoutSeconds: number;
  /** Tries after the first, each on a pod not tried yet. */
  retries: number;
  /** How long a draining edge keeps its open connections, in seconds. */
  drainSeconds: number;
  /** Connections an edge accepts, in all. */
  downstreamConnections: number;
  /** Heap above which an edge refuses requests, in bytes. */
  heapBytes: number;
}

/** A token bucket: what it admits on average and what it may admit at once. */
export interface RateLimit {
  /** Admissions a second, on average. May be a fraction. */
  perSecond: number;
  /** Admissions at once after a quiet time. At least one an edge, or that edge never admits anybody. */
  burst: number;
}

/** The limits a deployment has to name; the rest has defaults. */
export type EdgeLimitsInput = Pick<EdgeLimits, 'pods' | 'connectionsPerPod' | 'edges'> &
  Partial<Omit<EdgeLimits, 'admission' | 'admissionPerClient'>> & {
    /** Admissions a second by all edges together. */
    admissionsPerSecond: number;
    /** Admissions a second from one client address. Left out: no limit a client. */
    admissionsPerClientPerSecond?: number;
  };

/** Retries beyond this help nobody: full pods are sorted out by their health, not by trying. */
const MOST_RETRIES = 10;

/** Fills in what a deployment did not name. Checks nothing; {@link edgeBootstrap} does. */
export function edgeLimits(input: EdgeLimitsInput): EdgeLimits {
  const { admissionsPerSecond, admissionsPerClientPerSecond, ...named } = input;
  const rate = (perSecond: number): RateLimit => ({
    perSecond,
    burst: Math.max(input.edges, Math.ceil(perSecond)),
  });
  return {
    pingIntervalSeconds: 25,
    streamIdleTimeoutSeconds: 330,
    upgradeTimeoutSeconds: 5,
    tryTimeoutSeconds: 2,
    retries: Math.min(input.pods - 1, MOST_RETRIES),
    drainSeconds: 15,
    downstreamConnections: 2000,
    heapBytes: 200_000_000,
    ...named,
    admission: rate(admissionsPerSecond),
    ...(admissionsPerClientPerSecond !== undefined && {
      admissionPerClient: rate(admissionsPerClientPerSecond),
    }),
  };
}

/**
 * Most admissions in any one second by all edges together, when each of them holds its share of the bucket.
 * An edge starts the second with at most `burst / edges` tokens and gains `perSecond / edges` more.
 */
export function mostAdmissionsInOneSecond(rate: RateLimit, edges: number): number {
  return edges * Math.floor((rate.burst + rate.perSecond) / edges + 1e-9);
}
