/** How edges learn which pods are full: `interval`, `unhealthy_interval` and so on of Envoy's health checks. */
export interface Checks {
  /** Time from one check of a pod to the next, by each edge. 0: an edge knows at once. */
  intervalSeconds: number;
  /** The same for a pod that was full. Left out: the same figure. */
  fullIntervalSeconds?: number;
  /** Up to so much is added to each interval, at random (`interval_jitter`). */
  jitterSeconds?: number;
  /** An edge's first checks fall into this time (`initial_jitter`); 0: it checks all pods at once, and goes on so. */
  initialJitterSeconds?: number;
  /**
   * What a full pod is to an edge: asked last (`degraded`, as this project has it), or not at all (`unhealthy`).
   * Default: degraded.
   */
  full?: 'degraded' | 'unhealthy';
}

/** How the endpoint picker learns which pods are full. */
export interface Reports {
  /** Time from a change at a pod until the picker knows. */
  delaySeconds: number;
  /** Share of the reports that never arrive, of changes only: a pod also reports once a second. */
  lost?: number;
}

/**
 * A fleet with clients that always want one connection each. Connections end at random, as many a second as
 * `admissionsPerSecond`; their clients come again at once, to any edge, and a second after a refusal.
 */
export interface Setting {
  seed: number;
  pods: number;
  slotsPerPod: number;
  /** Slots more than there are clients. */
  freeSlots: number;
  admissionsPerSecond: number;
  edges: number;
  /** Worker threads of each edge; each has its own place in the list of pods. */
  workers: number;
  /**
   * Whether all edges list the pods in one order, as with addresses in their configuration, or each in its own, as they
   * come from DNS.
   */
  order: 'same' | 'own';
  /** Most pods that an edge tries for one upgrade: `num_retries` and one. */
  tries: number;
  /** Left out: none, and an edge takes every pod for free. */
  checks?: Checks;
  /** Left out: no picker; each edge chooses by itself (`admission: shared`). */
  reports?: Reports;
  /** Mean time until a pod is replaced: its connections end, and it is back, empty, after {@link podAwaySeconds}. */
  podLifetimeSeconds?: number;
  podAwaySeconds?: number;
  /** Time from edge to pod, and to the picker and back. Default: 0.5 ms. */
  hopSeconds?: number;
  /** Attempts within this time are not counted. */
  warmUpSeconds: number;
  seconds: number;
}

/** What became of the upgrades that could be served: during the whole attempt some slot was free. */
export interface Outcome {
  /** Attempts that could be served. */
  servable: number;
  /** How many of them found a slot at the first try, within two, and so on up to all tries. */
  servedWithin: number[];
  /** Those that could not: at some moment every slot was taken. */
  unservable: number;
}

/** Share of the upgrades that could be served and found a slot within so many tries. */
export function servedShare({ servable, servedWithin }: Outcome, tries: number): number {
  const served = servedWithin[Math.min(tries, servedWithin.length) - 1];
  return served === undefined || servable === 0 ? Number.NaN : served / servable;
}
