/** Seconds of its rate that a budget lets through at once. */
export const BURST_SECONDS = 4;

/**
 * What one read from the network costs at least, in bytes: a pod is worn out as well by bytes that come one by one.
 */
export const LEAST_BYTES_A_READ = 256;

/** A token bucket: `perSecond` on average, up to {@link BURST_SECONDS} of that at once after a quiet time. */
export class Budget {
  readonly perSecond: number;
  readonly #most: number;
  #left: number;
  #atMs: number;

  /** @param nowMs milliseconds of a clock that never goes back */
  constructor(perSecond: number, nowMs: number) {
    this.perSecond = perSecond;
    this.#most = perSecond * BURST_SECONDS;
    this.#left = this.#most;
    this.#atMs = nowMs;
  }

  /** Takes `amount` and says whether it was there; what was not there is not taken. */
  take(amount: number, nowMs: number): boolean {
    const gained = ((nowMs - this.#atMs) * this.perSecond) / 1000;
    this.#left = Math.min(this.#most, this.#left + gained);
    this.#atMs = nowMs;
    if (this.#left < amount) return false;
    this.#left -= amount;
    return true;
  }
}
