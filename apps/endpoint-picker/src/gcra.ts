/**
 * The generic cell rate algorithm (ITU-T I.371) without a burst: between two admissions passes at least the interval, and
 * an attempt at or after its end is admitted. All times are milliseconds of a clock that never goes back.
 */
export class Gcra {
  /** Shortest time between two admissions. */
  readonly intervalMs: number;
  #nextMs: number;

  /** @param lastMs when the last admission may have been */
  constructor(perSecond: number, lastMs: number) {
    this.intervalMs = 1000 / perSecond;
    this.#nextMs = lastMs + this.intervalMs;
  }

  /** How long until an attempt would be admitted; 0: now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#nextMs - nowMs);
  }

  /** An admission takes place, here or elsewhere. */
  admitted(nowMs: number): void {
    this.#nextMs = Math.max(this.#nextMs, nowMs + this.intervalMs);
  }
}

/** Clients remembered at most: some 6 MB. */
const MOST_CLIENTS = 50_000;

/**
 * A GCRA for each client, in bounded memory. One whose interval is over is like that of a client never seen, and only such
 * are forgotten. While the table is full of others a client that is not in it is refused: one bucket shared by the rest
 * would admit a client that gets a bucket of its own a moment later, too early.
 */
export class ClientGcras {
  /** Shortest time between two admissions of one client. */
  readonly intervalMs: number;
  readonly #most: number;
  /** When each may come again, the earliest first: the interval is the same for all. */
  readonly #nextMs = new Map<string, number>();

  constructor(perSecond: number, most = MOST_CLIENTS) {
    this.intervalMs = 1000 / perSecond;
    this.#most = most;
  }

  /** Clients that are remembered. */
  get size(): number {
    return this.#nextMs.size;
  }

  /** How long until an attempt of the client would be admitted; 0: now. */
  waitMs(client: string, nowMs: number): number {
    let earliestMs: number | undefined;
    for (const [known, nextMs] of this.#nextMs) {
      earliestMs = nextMs;
      if (nextMs > nowMs) break;
      this.#nextMs.delete(known);
    }
    const nextMs = this.#nextMs.get(client);
    if (nextMs !== undefined) return nextMs - nowMs;
    return this.#nextMs.size < this.#most ? 0 : (earliestMs ?? nowMs) - nowMs;
  }

  /** An admission of the client takes place: {@link waitMs} was 0. */
  admitted(client: string, nowMs: number): void {
    this.#nextMs.set(client, nowMs + this.intervalMs);
  }
}
