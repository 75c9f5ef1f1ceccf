/** Lines of several access logs may come this much out of order, in milliseconds. */
const DISORDER_MS = 3000;

/** Counts admissions and finds the worst second, from times that come a little out of order. */
export class Admissions {
  total = 0;
  worstSecond = 0;
  /** Epoch milliseconds, ascending. */
  #recent: number[] = [];

  add(timeMs: number): void {
    this.total++;
    let i = this.#recent.length;
    while (i > 0 && (this.#recent[i - 1] as number) > timeMs) i--;
    this.#recent.splice(i, 0, timeMs);
    this.#findWorst(timeMs);
    this.#forget();
  }

  /** Admissions in the ten seconds before `nowMs`. */
  last10Seconds(nowMs: number): number {
    return this.#recent.filter((time) => time > nowMs - 10_000).length;
  }

  /** Looks at every window of one second that the new time is in. */
  #findWorst(timeMs: number): void {
    const near = this.#recent.filter((time) => Math.abs(time - timeMs) < 1000);
    for (const [first, start] of near.entries()) {
      const inWindow = near.slice(first).filter((time) => time < start + 1000).length;
      this.worstSecond = Math.max(this.worstSecond, inWindow);
    }
  }

  #forget(): void {
    const newest = this.#recent.at(-1) ?? 0;
    const keepFrom = newest - 10_000 - DISORDER_MS;
    while ((this.#recent[0] ?? keepFrom) < keepFrom) this.#recent.shift();
  }
}
