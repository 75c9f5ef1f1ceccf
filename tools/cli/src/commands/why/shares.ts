import { type AccessLogLine, type Limits, type RateLimit, sharesOf } from '@envoy-poc/edge';

/** Tokens that an edge's bucket may have held, and when it surely had a whole one, in epoch milliseconds. */
export interface Level {
  readonly least: number;
  readonly most: number;
  readonly wholeAtMs: number;
  /** Whose bucket it is. */
  readonly of: 'all' | 'client';
  /** Between two tokens. */
  readonly intervalMs: number;
}

/** Worker threads of one edge stamp requests that come together in any order, in milliseconds. */
const DISORDER_MS = 100;

/**
 * The level of an edge's bucket at each of its refusals by rate: the bucket replayed from what the edge admitted. At first
 * it may hold anything; each admission tells more.
 *
 * @param lines of upgrades, of all edges, oldest first
 * @param limitsOf the limits that the edge of a line kept, the same object for all lines since a start of the edge;
 * undefined: nobody knows them
 */
export function levelsOf(
  lines: readonly AccessLogLine[],
  limitsOf: (line: AccessLogLine) => Limits | undefined,
): Map<AccessLogLine, Level> {
  const levels = new Map<AccessLogLine, Level>();
  const sharesBy = new Map<Limits, Shares>();
  for (const line of lines) {
    const limits = limitsOf(line);
    if (!limits) continue;
    const shares = sharesBy.get(limits) ?? new Shares(limits);
    sharesBy.set(limits, shares);
    for (const { of, bucket } of shares.bucketsOf(line)) {
      if (tookToken(line)) bucket.admitted(Date.parse(line.time));
      else if (refusedByShare(line)) {
        bucket.refused(Date.parse(line.time), (level) => {
          const other = levels.get(line);
          // Of two buckets, the emptier one refused.
          if (!other || level.most < other.most) levels.set(line, { ...level, of });
        });
      }
    }
  }
  return levels;
}

/** The buckets of edges with the same limits. */
class Shares {
  readonly #shares: ReturnType<typeof sharesOf>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: Limits) {
    this.#shares = sharesOf(limits);
  }

  /** Those from which a request needs a token. */
  bucketsOf({ edge, client, time }: AccessLogLine): { of: Level['of']; bucket: Bucket }[] {
    const { all, client: ofClient } = this.#shares;
    const bucketOf = (of: Level['of'], share: RateLimit, key: string) => {
      const bucket = this.#buckets.get(key) ?? new Bucket(share, Date.parse(time));
      this.#buckets.set(key, bucket);
      return { of, bucket };
    };
    const common = bucketOf('all', all, edge);
    return ofClient ? [common, bucketOf('client', ofClient, `${edge} ${client}`)] : [common];
  }
}

/** Whether an edge refused by its share of the rate. */
export function refusedByShare({ code, flags }: Pick<AccessLogLine, 'code' | 'flags'>): boolean {
  return code === 429 && flags.includes('RL');
}

/** Whether a request went by the route that takes a token of the edge's share, and passed. */
function tookToken(line: AccessLogLine): boolean {
  if (line.code === 101 && line.type === 'DownstreamEnd') return false;
  if (refusedByShare(line) || line.flags.includes('UAEX') || line.details === 'direct_response') return false;
  if (line.route !== undefined) return line.route === 'upgrade';
  return line.upstream !== null || line.flags.includes('UH');
}

class Bucket {
  readonly #share: RateLimit;
  #atMs: number;
  #least = 0;
  #most: number;
  /** Refusals that only an admission beside them can explain. */
  #early: { atMs: number; tell: (level: Omit<Level, 'of'>) => void }[] = [];

  constructor(share: RateLimit, atMs: number) {
    this.#share = share;
    this.#atMs = atMs;
    this.#most = share.burst;
  }

  admitted(atMs: number): void {
    this.#fill(atMs);
    this.#least = Math.max(this.#least, 1) - 1;
    this.#most = Math.max(this.#most, 1) - 1;
    for (const early of this.#early) if (atMs - early.atMs < DISORDER_MS) early.tell(this.#level());
    this.#early = [];
  }

  refused(atMs: number, tell: (level: Omit<Level, 'of'>) => void): void {
    this.#fill(atMs);
    if (this.#least >= 1) this.#early.push({ atMs, tell });
    else tell(this.#level());
  }

  #fill(atMs: number): void {
    const { perSecond, burst } = this.#share;
    const tokens = (Math.max(0, atMs - this.#atMs) / 1000) * perSecond;
    this.#least = Math.min(burst, this.#least + tokens);
    this.#most = Math.min(burst, this.#most + tokens);
    this.#atMs = Math.max(this.#atMs, atMs);
  }

  #level(): Omit<Level, 'of'> {
    const intervalMs = 1000 / this.#share.perSecond;
    return {
      least: this.#least,
      // It refused, so that it did not hold a whole one.
      most: Math.min(this.#most, 1),
      wholeAtMs: this.#atMs + Math.max(0, 1 - this.#least) * intervalMs,
      intervalMs,
    };
  }
}
