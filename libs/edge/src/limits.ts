// `* as z`: what bundles this then holds only what is used of zod.
import * as z from 'zod';
import { tokensPerFill } from './token-bucket.ts';

/** The longest time that everybody concerned counts in milliseconds: 2^31 of them, Node's longest timer. */
export const MOST_SECONDS = 2_147_483;

/** What one edge does at most, whatever the limits are: they may change without a change of the edge. */
export const ceilings = {
  /**
   * WebSockets an edge holds, and connections to pods. 2,000 quiet ones take 63 MB of the heap (measured with
   * Envoy 1.39).
   */
  connections: 2000,
  /**
   * Sockets an edge accepts where clients come. Half of them may be idle or bring a request slowly, for 10 s each, and
   * WebSockets still find their place (`bench/refusals`).
   */
  sockets: 4100,
  /** Heap above which an edge refuses requests, in bytes; a container of 256 MiB holds it. */
  heapBytes: 200_000_000,
  /** Server pods: an edge asks each for its health every second, and each asks the edge whether it drains. */
  servers: 1000,
  /** Tries of an upgrade after the first. More help nobody: full pods are sorted out by their health. */
  retries: 10,
} as const;

/** A whole number from `least` to `most`. */
function whole(least: number, most: number) {
  return z
    .int('must be a whole number')
    .min(least, `must be ${least} or more`)
    .max(most, `must be ${most} or less`);
}

const seconds = z
  .int('must be whole seconds')
  .min(1, 'must be 1 second or more')
  .max(MOST_SECONDS, `must be ${MOST_SECONDS} seconds (24 days) or less`);

/** A time that a client counts, fractions allowed; at most a day. */
const interval = z
  .number('must be seconds')
  .min(0.01, 'must be 0.01 seconds or more')
  .max(86_400, 'must be 86400 seconds or less');

/** New connections a second. */
const rate = z
  .number('must be a number')
  .positive('must be above 0 a second')
  .max(1_000_000, 'must be 1000000 a second or less');

/**
 * The limits of the platform, the same wherever it runs: the configuration of the workloads layer, the options of
 * `npm start`, what the layer publishes and the settings of the pods are these fields. This is where their defaults are.
 */
export const limitsSchema = z.object({
  serverReplicas: whole(1, ceilings.servers).default(4).describe('server pods'),
  connectionsPerPod: whole(1, ceilings.connections)
    .default(2)
    .describe('maximum connections on a server pod'),
  messagesPerSecondPerConnection: whole(1, 1_000_000)
    .default(50)
    .describe('average messages a second from one connection, with a burst of four seconds'),
  // A message of the largest size, and what one read brings, have to fit into four seconds of it.
  bytesPerSecondPerConnection: whole(16_384, 2 ** 30)
    .default(65_536)
    .describe('the same for bytes'),
  edgeReplicas: whole(1, 1000).default(3).describe('edges (Envoys) in front of the server pods'),
  newConnectionsPerSecond: rate.default(1).describe('new connections a second across all edges'),
  newConnectionsPerSecondPerClient: rate.optional().describe('the same for one client address'),
  admission: z
    .enum(['exact', 'shared'], 'must be exact or shared')
    .default('exact')
    .describe('who admits: the endpoint picker (exact), or each edge its share of the rate (shared)'),
  pingIntervalSeconds: seconds.default(25).describe('how often a server pod pings an open connection'),
  albIdleTimeoutSeconds: seconds
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    .max(4000, 'must be 4000 or less: a load balancer takes no more')
    .default(300)
    .describe('the load balancer closes a connection that is idle for this long'),
  streamIdleTimeoutSeconds: seconds
    .default(330)
    .describe('an edge closes a connection that is idle for this long'),
  serverDrainSeconds: seconds
    .default(10)
    .describe('a terminating server pod closes its connections over this time'),
  edgeDrainSeconds: seconds
    .default(15)
    .describe('a terminating edge still serves its open connections for this long'),
});

export type Limits = z.output<typeof limitsSchema>;

export const defaultLimits: Limits = limitsSchema.parse({});

/** What the clients of this repository ask for, and where its defaults are. */
export const demandSchema = z.object({
  clientReplicas: whole(0, 10_000).default(10).describe('clients'),
  connectionsPerClient: whole(1, 10_000).default(5).describe('connections that each client wants'),
  attemptIntervalSeconds: interval.default(10).describe('each client makes one attempt in this time'),
  messageIntervalMinSeconds: interval.default(10).describe('minimum time between two messages of a client'),
  messageIntervalMaxSeconds: interval.default(20).describe('maximum time between two messages of a client'),
});

export type Demand = z.output<typeof demandSchema>;

export const defaultDemand: Demand = demandSchema.parse({});

/** A token bucket: what it admits on average and what it may admit at once. */
export interface RateLimit {
  /** Admissions a second, on average. May be a fraction. */
  perSecond: number;
  /** Admissions at once after a quiet time. */
  burst: number;
}

type Admission = Pick<Limits, 'admission' | 'edgeReplicas' | 'newConnectionsPerSecond'>;

/** New connections of all edges together, where each admits its share. */
export function admissionRate({ newConnectionsPerSecond, ...limits }: Admission): RateLimit {
  return rateOf(newConnectionsPerSecond, limits);
}

/**
 * As many whole tokens for each edge as its share of a second's admissions; without one it would never admit anybody. Where
 * there is a picker as few as can be: an edge that hears of it too late admits beside it, and a full bucket would come on
 * top of what the picker admits.
 */
function rateOf(
  perSecond: number,
  { edgeReplicas: edges, admission }: Omit<Admission, 'newConnectionsPerSecond'>,
): RateLimit {
  const share = perSecond / edges;
  return {
    perSecond,
    burst: edges * (admission === 'exact' ? tokensPerFill(share) : Math.max(1, Math.floor(share))),
  };
}

/**
 * What one of `edges` admits: a fixed share, so that all together never admit more than the rate, whatever an edge
 * believes about the others. A share that nobody asks for is not used by another.
 */
export function shareOf(rate: RateLimit, edges: number): RateLimit {
  return { perSecond: rate.perSecond / edges, burst: Math.floor(rate.burst / edges) };
}

/** What each edge admits where it admits by itself: of all clients, and of one. */
export function sharesOf(limits: Admission & Pick<Limits, 'newConnectionsPerSecondPerClient'>): {
  all: RateLimit;
  client?: RateLimit;
} {
  const { edgeReplicas: edges, newConnectionsPerSecondPerClient: perClient } = limits;
  return {
    all: shareOf(admissionRate(limits), edges),
    ...(perClient !== undefined && { client: shareOf(rateOf(perClient, limits), edges) }),
  };
}

/** Shortest time between two admissions of the endpoint picker, in seconds. */
export function admissionIntervalSeconds(limits: Pick<Limits, 'newConnectionsPerSecond'>): number {
  return 1 / limits.newConnectionsPerSecond;
}

/** Most admissions in any one second by all edges together. The endpoint picker keeps them an interval apart. */
export function mostAdmissionsInOneSecond(limits: Admission): number {
  if (limits.admission === 'exact') return Math.ceil(limits.newConnectionsPerSecond - 1e-9);
  return mostBySharesInOneSecond(limits);
}

/**
 * The same where each edge admits by itself: it starts the second with at most the tokens its bucket holds and gains its
 * share of `perSecond` more.
 */
export function mostBySharesInOneSecond(limits: Admission): number {
  const { perSecond, burst } = shareOf(admissionRate(limits), limits.edgeReplicas);
  return limits.edgeReplicas * Math.floor(burst + perSecond + 1e-9);
}

/** Connections that all server pods hold together. */
export function capacityOf(limits: Pick<Limits, 'serverReplicas' | 'connectionsPerPod'>): number {
  return limits.serverReplicas * limits.connectionsPerPod;
}

/** Connections that all clients want together. */
export function wantedBy(demand: Pick<Demand, 'clientReplicas' | 'connectionsPerClient'>): number {
  return demand.clientReplicas * demand.connectionsPerClient;
}

/** Attempts a second by all clients together. */
export function attemptsPerSecond(demand: Pick<Demand, 'clientReplicas' | 'attemptIntervalSeconds'>): number {
  return demand.clientReplicas / demand.attemptIntervalSeconds;
}
