import { misplaced } from './spacing.ts';

/** How an attempt was answered. `other`: no answer, or an error; it may have held a slot for a while. */
type Answer =
  | {
      readonly admittedBy: string;
      /** When its close may have begun: until then it holds its slot. `Infinity`: still open. */
      readonly closingAt: number;
      /** When the client saw its end. */
      readonly closedAt: number;
    }
  | { readonly refused: 'full' | 'rate' | 'draining' | 'other' };

/**
 * Who answered: `picker` refused it, `picked` went the way the picker chose, `upgrade` went the edge's own. Left out:
 * not known.
 */
type Way = 'picker' | 'picked' | 'upgrade';

/** An attempt as its client saw it. All times are milliseconds of one clock that never steps. */
export interface Recorded {
  readonly invokedAt: number;
  readonly answeredAt: number;
  readonly edge: number;
  readonly way?: Way;
  readonly answer: Answer;
}

/** All attempts of a run that began with every slot free, in any order, and what was promised about them. */
export interface History {
  readonly attempts: readonly Recorded[];
  /** Connections that each pod accepts at most, by its name. */
  readonly limits: Readonly<Record<string, number>>;
  /** Admissions a second by the picker. */
  readonly perSecond: number;
  /** How long after a close a pod may take to free the slot, and the picker to hear of it. */
  readonly tellingMs: number;
  /** How long the picker counts a slot as taken that it handed out and no pod has confirmed. */
  readonly handOutMs: number;
  /** While these last, a refusal may be wrong and admissions too close; a pod's limit holds all the same. */
  readonly faults?: readonly { readonly from: number; readonly to: number }[];
}

/** A promise that no order of what happened keeps. */
export interface Breach {
  readonly promise: 'limit' | 'full' | 'gap' | 'rate';
  readonly what: string;
  /** Those that prove it; of very many the first. */
  readonly attempts: readonly Recorded[];
}

/** Most attempts that a breach names. */
const MOST_NAMED = 20;

/** Below what a clock shows in milliseconds: sums of intervals are not exact. */
const ROUNDING_MS = 1e-6;

/**
 * Looks for an order of the attempts in which every pod is a counting semaphore, admissions by the picker are an
 * interval apart, and every refusal was true at some moment between its attempt and its answer. What it returns is
 * certain: a breach is reported only if whatever happened inside the attempts' intervals breaks the promise.
 */
export function breachesOf(history: History): Breach[] {
  return [...overLimit(history), ...falselyFull(history), ...tooClose(history), ...falselyOverRate(history)];
}

/** A connection holds its slot from its 101 until its close begins. */
function overLimit({ attempts, limits }: History): Breach[] {
  const held = attempts.filter(
    ({ answer, answeredAt }) => 'admittedBy' in answer && answer.closingAt > answeredAt,
  );
  const on = new Map<string, Set<Recorded>>();
  const breaches: Breach[] = [];
  inOrder([
    // What ends and what begins at one moment need not overlap.
    [held, closingAt, (attempt) => on.get(podOf(attempt))?.delete(attempt)],
    [
      held,
      ({ answeredAt }) => answeredAt,
      (attempt) => {
        const pod = podOf(attempt);
        const all = on.get(pod) ?? new Set();
        on.set(pod, all.add(attempt));
        const limit = limits[pod] ?? 0;
        if (all.size <= limit) return;
        const what = `${all.size} connections at once on ${pod}, whose limit is ${limit}`;
        breaches.push({ promise: 'limit', what, attempts: named([...all].reverse()) });
      },
    ],
  ]);
  return breaches;
}

/**
 * "Full" is true if the picker, which knows all pods, can have seen all of them full at one moment; or, where an edge
 * asked one pod after the other, if each can have been full at some moment.
 */
function falselyFull(history: History): Breach[] {
  const { attempts, limits, tellingMs, handOutMs } = history;
  const pods = new Map(Object.entries(limits).map(([name, limit]) => [name, { name, limit, taken: 0 }]));
  /** Held by an attempt of which nobody knows on which pod. */
  let somewhere = 0;
  /** Since when each pod has certainly had a free slot; the earliest comes first. */
  const freeSince = new Map([...pods.keys()].map((name) => [name, Number.NEGATIVE_INFINITY]));
  let someFreeSince = Number.NEGATIVE_INFINITY;

  const look = ({ name, taken, limit }: { name: string; taken: number; limit: number }, now: number) => {
    if (taken + somewhere >= limit) freeSince.delete(name);
    else if (!freeSince.has(name)) {
      if (freeSince.size === 0) someFreeSince = now;
      freeSince.set(name, now);
    }
  };
  const take = (change: 1 | -1) => (attempt: Recorded, now: number) => {
    if ('admittedBy' in attempt.answer) {
      const pod = pods.get(attempt.answer.admittedBy);
      if (!pod) return;
      pod.taken += change;
      look(pod, now);
    } else {
      somewhere += change;
      for (const pod of pods.values()) look(pod, now);
    }
  };
  const holding = attempts.filter((attempt) => 'admittedBy' in attempt.answer || mayHoldSomewhere(attempt));
  const judged = attempts.filter(
    (attempt) =>
      'refused' in attempt.answer && attempt.answer.refused === 'full' && !isExcused(history, attempt),
  );
  const breaches: Breach[] = [];
  inOrder([
    [holding, ({ invokedAt }) => invokedAt, take(1)],
    [
      judged,
      ({ answeredAt }) => answeredAt,
      (attempt) => {
        const [pod, since] = firstOf(freeSince) ?? ['', Number.POSITIVE_INFINITY];
        const byPicker = attempt.way === 'picker' && freeSince.size > 0 && someFreeSince < attempt.invokedAt;
        if (!byPicker && !(since < attempt.invokedAt)) return;
        const what = `told "full" while ${byPicker ? 'some pod' : pod} had a free slot for all of the ${length(attempt)} ms`;
        breaches.push({ promise: 'full', what, attempts: [attempt] });
      },
    ],
    [
      holding,
      ({ answer, answeredAt }) =>
        'closedAt' in answer ? answer.closedAt + tellingMs : answeredAt + handOutMs + tellingMs,
      take(-1),
    ],
  ]);
  return breaches;
}

/** The picker admits one an interval, over all edges. */
function tooClose(history: History): Breach[] {
  const intervalMs = 1000 / history.perSecond;
  const admissions = history.attempts
    .filter(
      (attempt) => attempt.way === 'picked' && 'admittedBy' in attempt.answer && !isExcused(history, attempt),
    )
    .map((attempt) => ({ from: attempt.invokedAt, to: attempt.answeredAt, attempt }));
  return misplaced(admissions, intervalMs - ROUNDING_MS).map(({ group }) => {
    const from = group[0]?.from ?? 0;
    const to = group.reduce((latest, one) => Math.max(latest, one.to), from);
    return {
      promise: 'gap',
      what: `${group.length} admissions within ${(to - from).toFixed(3)} ms, at one in ${intervalMs.toFixed(3)} ms`,
      attempts: named(group.map(({ attempt }) => attempt)),
    };
  });
}

/** "Over the rate" is true less than an interval after an admission, by whomever. */
function falselyOverRate(history: History): Breach[] {
  const { attempts, perSecond, tellingMs } = history;
  const intervalMs = 1000 / perSecond;
  let counts = Number.NEGATIVE_INFINITY;
  const breaches: Breach[] = [];
  inOrder([
    [
      attempts.filter((attempt) => 'admittedBy' in attempt.answer || mayHoldSomewhere(attempt)),
      ({ invokedAt }) => invokedAt,
      ({ answeredAt }) => {
        counts = Math.max(counts, answeredAt + intervalMs + tellingMs);
      },
    ],
    [
      attempts.filter(
        (attempt) =>
          attempt.way === 'picker' &&
          'refused' in attempt.answer &&
          attempt.answer.refused === 'rate' &&
          !isExcused(history, attempt),
      ),
      ({ answeredAt }) => answeredAt,
      (attempt) => {
        const idleMs = attempt.invokedAt - counts;
        if (!(idleMs > 0)) return;
        const what = `told "over the rate" ${idleMs.toFixed(3)} ms after the last admission stopped counting`;
        breaches.push({ promise: 'rate', what, attempts: [attempt] });
      },
    ],
  ]);
  return breaches;
}

/** Whether an attempt that was not admitted may hold a slot, or be counted as if it did. */
function mayHoldSomewhere({ answer, way }: Recorded): boolean {
  return 'refused' in answer && (answer.refused === 'other' || way === 'picked');
}

function isExcused({ faults = [] }: History, { invokedAt, answeredAt }: Recorded): boolean {
  return faults.some(({ from, to }) => invokedAt <= to && answeredAt >= from);
}

function podOf({ answer }: Recorded): string {
  return 'admittedBy' in answer ? answer.admittedBy : '';
}

function closingAt({ answer }: Recorded): number {
  return 'closingAt' in answer ? answer.closingAt : 0;
}

function length({ invokedAt, answeredAt }: Recorded): string {
  return (answeredAt - invokedAt).toFixed(3);
}

function named(attempts: readonly Recorded[]): Recorded[] {
  return attempts.slice(0, MOST_NAMED);
}

function firstOf<K, V>(map: ReadonlyMap<K, V>): [K, V] | undefined {
  return map.entries().next().value;
}

type Happening = readonly [
  attempts: readonly Recorded[],
  at: (attempt: Recorded) => number,
  act: (attempt: Recorded, now: number) => void,
];

/** Lets all happen in the order of their times; at one moment, what is listed first comes first. */
function inOrder(happenings: readonly Happening[]): void {
  const queues = happenings.map(([attempts, at, act]) => {
    const times = Float64Array.from(attempts, at);
    const order = Uint32Array.from(attempts, (_, n) => n).sort(
      (a, b) => (times[a] as number) - (times[b] as number) || a - b,
    );
    return { attempts, act, times, order, next: 0 };
  });
  for (;;) {
    let first: (typeof queues)[number] | undefined;
    let now = Number.POSITIVE_INFINITY;
    for (const queue of queues) {
      const at = queue.times[queue.order[queue.next] as number];
      if (at !== undefined && at < now) {
        first = queue;
        now = at;
      }
    }
    // What never ends is left.
    if (!first) return;
    first.act(first.attempts[first.order[first.next++] as number] as Recorded, now);
  }
}
