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
  streamIdleTimeoutSeconds?: number;
  /** Longest wait for the answer to an upgrade, all tries together, in seconds. */
  upgradeTimeoutSeconds?: number;
  /** Longest wait for one pod's answer to an upgrade, in seconds. */
  tryTimeoutSeconds?: number;
  /** Tries after the first. Default: one for each other pod, at most {@link MAX_RETRIES}. */
  retries?: number;
  /** Connections an edge accepts, in all. */
  downstreamConnections?: number;
  /** Heap above which an edge refuses requests, in bytes. */
  heapBytes?: number;
}

/** A token bucket: what it admits on average and what it may admit at once. */
export interface RateLimit {
  /** Admissions a second, on average. May be a fraction. */
  perSecond: number;
  /** Admissions at once after a quiet time. Default: the rate, and at least one an edge. */
  burst?: number;
}
