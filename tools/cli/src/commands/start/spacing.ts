/** A moment that lies somewhere between two others, in epoch milliseconds. */
export interface Span {
  from: number;
  until: number;
}

/** How two moments that follow each other lie, and whether any came too soon. In milliseconds. */
export interface Spaced {
  /** Between which figures the smallest gap lies; undefined while there are fewer than two moments. */
  smallestGap: { least: number; most: number } | undefined;
  /** How many cannot have been an interval after the one before, wherever in their spans they were. */
  tooSoon: number;
  /** By how much the worst of them came too soon at least, and the end of its span. */
  worst: { by: number; at: number } | undefined;
}

interface Settled extends Spaced {
  /** Earliest moment of the last one, given all before it. */
  moment: number;
  span: Span | undefined;
}

/**
 * Whether moments can have been an interval apart, when each is only known to lie in a span. The nth of them in time is
 * not before the nth start nor after the nth end; so each is put as early as its start and the one before it allow, and
 * came too soon when that is past its end. It never blames moments that can have been right, and misses none while
 * spans are shorter than the interval.
 */
export class Spacing {
  readonly #intervalMs: number;
  #froms: number[] = [];
  #untils: number[] = [];
  #settled: Settled = {
    ...{ moment: Number.NEGATIVE_INFINITY, span: undefined },
    ...{ smallestGap: undefined, tooSoon: 0, worst: undefined },
  };

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  add({ from, until }: Span): void {
    this.#froms.push(from);
    this.#untils.push(until);
  }

  /** How all of them lie. No span that begins before `settledMs` may be added any more. */
  judge(settledMs: number): Spaced {
    const froms = this.#froms.sort((a, b) => a - b);
    const untils = this.#untils.sort((a, b) => a - b);
    let state = this.#settled;
    let count = 0;
    for (const [n, from] of froms.entries()) {
      state = this.#next(state, { from, until: untils[n] as number });
      if (from >= settledMs) continue;
      this.#settled = state;
      count++;
    }
    this.#froms = froms.slice(count);
    this.#untils = untils.slice(count);
    const { smallestGap, tooSoon, worst } = state;
    return { smallestGap, tooSoon, worst };
  }

  #next({ moment, span: last, smallestGap, tooSoon, worst }: Settled, span: Span): Settled {
    const earliest = Math.max(span.from, moment + this.#intervalMs);
    const by = earliest - span.until;
    const gap = last && { least: Math.max(0, span.from - last.until), most: span.until - last.from };
    return {
      moment: Math.min(earliest, span.until),
      span,
      smallestGap: gap && !(smallestGap && smallestGap.most <= gap.most) ? gap : smallestGap,
      tooSoon: by > 0 ? tooSoon + 1 : tooSoon,
      worst: by > (worst?.by ?? 0) ? { by, at: span.until } : worst,
    };
  }
}
