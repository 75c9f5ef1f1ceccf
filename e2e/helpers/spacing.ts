/** A moment that lies somewhere in `[from, to]`. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** One that cannot be placed. */
export interface Misplaced<T> {
  readonly one: T;
  /** Intervals that do not all fit, `one` among them. */
  readonly group: readonly T[];
}

/** An open interval in which no moment may lie. */
interface Forbidden {
  from: number;
  readonly to: number;
  /** It follows from the intervals that end until then. */
  because: number;
}

/** The moments that must lie before `until`, placed as late as they can be. */
interface Latest {
  readonly until: number;
  /** The first of them; `Infinity`: there is none yet. */
  first: number;
  /** `first` follows from the intervals that end until then. */
  because: number;
}

/**
 * Decides whether a moment can be chosen in each interval so that any two are `gap` or more apart. Intervals for which
 * that cannot be are left out, one after the other, and returned.
 *
 * This is scheduling of jobs of one length with release times and deadlines on one machine. The earliest deadline first
 * is not always right there: at times the machine must wait for a job that is still to come. Forbidden regions are the
 * exact answer (Garey, Johnson, Simons, Tarjan: Scheduling unit-time tasks with arbitrary release times and deadlines,
 * SIAM Journal on Computing 10, 1981). Takes time in the number of intervals × how many of them overlap.
 */
export function misplaced<T extends Between>(intervals: readonly T[], gap: number): Misplaced<T>[] {
  const byFrom = [...intervals].sort((a, b) => a.from - b.from);
  const latestEnd = prefixMaximum(byFrom);
  const faults: Misplaced<T>[] = [];
  const left = new Set<T>();
  /** From late to early, without overlaps. */
  const forbidden: Forbidden[] = [];
  /** From early to late, and so their first moments: one with a later `until` and an earlier first replaces another. */
  let groups: Latest[] = [];

  for (let n = byFrom.length - 1; n >= 0; n--) {
    const one = byFrom[n] as T;
    const own = groups.find(({ until }) => until === one.to) ?? fresh(n, one.to);
    const changed = [own, ...groups.filter(({ until }) => until > one.to)].map(withOneMore);
    const tooEarly = changed.find(({ first }) => first < one.from);
    if (tooEarly) {
      faults.push({ one, group: endingUntil(tooEarly.because, n) });
      left.add(one);
      continue;
    }
    for (const { first, because } of changed) {
      if (first < one.from + gap) forbid({ from: first - gap, to: one.from, because });
    }
    const all = [...groups.filter(({ until }) => until < one.to), ...changed];
    groups = keepNeeded(all, n > 0 ? (latestEnd[n - 1] as number) : Number.NEGATIVE_INFINITY);
  }
  return faults;

  function withOneMore({ until, first, because }: Latest): Latest {
    const latest = first === Number.POSITIVE_INFINITY ? until : first - gap;
    // Regions far above have been passed on the way from the lowest; there are few.
    for (let n = forbidden.length - 1; n >= 0; n--) {
      const region = forbidden[n] as Forbidden;
      if (region.from >= latest) break;
      if (latest < region.to) {
        return { until, first: region.from, because: Math.max(because, region.because) };
      }
    }
    return { until, first: latest, because };
  }

  /** The group that ends at `until`, without the interval `n` itself. */
  function fresh(n: number, until: number): Latest {
    const none: Latest = { until, first: Number.POSITIVE_INFINITY, because: until };
    return endingUntil(until, n + 1).reduce(withOneMore, none);
  }

  /** Intervals from the `n`th on that lie before `until`. */
  function endingUntil(until: number, n: number): T[] {
    const all: T[] = [];
    for (let later = n; later < byFrom.length; later++) {
      const other = byFrom[later] as T;
      if (other.from > until) break;
      if (other.to <= until && !left.has(other)) all.push(other);
    }
    return all;
  }

  function forbid({ from, to, because }: Forbidden): void {
    const lowest = forbidden.at(-1);
    if (lowest && to > lowest.from) {
      lowest.from = Math.min(lowest.from, from);
      lowest.because = Math.max(lowest.because, because);
    } else forbidden.push({ from, to, because });
  }
}

/** Groups that may still be the first not to fit, if no interval to come ends after `latestEnd`. */
function keepNeeded(groups: readonly Latest[], latestEnd: number): Latest[] {
  const kept: Latest[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const group of groups.toReversed()) {
    if (group.first < least) kept.unshift(group);
    least = Math.min(least, group.first);
  }
  // All that is still to come lies in each group that ends later: the one with the earliest first moment decides.
  const far = kept.findIndex(({ until }) => until >= latestEnd);
  return far < 0 ? kept : kept.slice(0, far + 1);
}

function prefixMaximum(intervals: readonly Between[]): Float64Array {
  const maximum = new Float64Array(intervals.length);
  let most = Number.NEGATIVE_INFINITY;
  for (const [n, { to }] of intervals.entries()) {
    most = Math.max(most, to);
    maximum[n] = most;
  }
  return maximum;
}
