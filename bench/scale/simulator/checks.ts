import type { Checks } from './setting.ts';

/**
 * When each edge checks each pod. Of all checks only those count that find a change; the others are stepped over when
 * somebody asks for the next.
 */
export class CheckTimes {
  readonly #checks: Checks;
  readonly #pods: number;
  readonly #random: () => number;
  readonly #next: Float64Array;

  constructor(checks: Checks, edges: number, pods: number, random: () => number) {
    this.#checks = checks;
    this.#pods = pods;
    this.#random = random;
    this.#next = new Float64Array(edges * pods);
    for (let edge = 0; edge < edges; edge++) {
      const began = random() * checks.intervalSeconds;
      for (let pod = 0; pod < pods; pod++) {
        this.#next[edge * pods + pod] = began + random() * (checks.initialJitterSeconds ?? 0);
      }
    }
  }

  /** The first check of a pod after `now`, given what the edge believes of it until then. Seconds. */
  next(edge: number, pod: number, now: number, believedFull: boolean): number {
    const at = edge * this.#pods + pod;
    let next = this.#next[at] as number;
    const { jitterSeconds = 0 } = this.#checks;
    const interval = this.#interval(believedFull);
    if (next <= now && jitterSeconds === 0) next += Math.ceil((now - next) / interval) * interval;
    while (next <= now) next += interval + this.#random() * jitterSeconds;
    this.#next[at] = next;
    return next;
  }

  #interval(believedFull: boolean): number {
    const { intervalSeconds, fullIntervalSeconds = intervalSeconds } = this.#checks;
    return believedFull ? fullIntervalSeconds : intervalSeconds;
  }
}
