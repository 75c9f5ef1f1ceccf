/** What the edge enforces, wherever it runs. */
export interface EdgeLimits {
  /** Server pods expected behind the edge; an upgrade that one refuses may try the others. */
  pods: number;
  /** WebSocket connections a pod accepts. The pod is the authority; the edge only guards against leaks. */
  connectionsPerPod: number;
  /** Most edges there may be at once; each holds an equal part of the rates. */
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
  // As many whole tokens for each edge as its part of a second's admissions, and never none.
  const rate = (perSecond: number): RateLimit => ({
    perSecond,
    burst: input.edges * Math.max(1, Math.floor(perSecond / input.edges)),
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
 * What one of `edges` admits: a fixed part, so that all together never admit more than the rate, whatever an edge
 * believes about the others. A part that nobody asks for is not used by another.
 */
export function shareOf(rate: RateLimit, edges: number): RateLimit {
  return { perSecond: rate.perSecond / edges, burst: Math.floor(rate.burst / edges) };
}

/**
 * Most admissions in any one second by all edges together. An edge starts the second with at most the tokens its bucket
 * holds and gains its part of `perSecond` more.
 */
export function mostAdmissionsInOneSecond(rate: RateLimit, edges: number): number {
  const { perSecond, burst } = shareOf(rate, edges);
  return edges * Math.floor(burst + perSecond + 1e-9);
}
