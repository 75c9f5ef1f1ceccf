import { inOrder } from './in-order.ts';
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
  return [
    ...overLimit(history),
    ...falselyFullToPicker(history),
    ...falselyFullToPods(history),
    ...tooClose(history),
    ...falselyOverRate(history),
  ];
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
      answeredAt,
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

/** A picker, which knows all pods, says "full" truly if it can have believed all of them full at one moment. */
function falselyFullToPicker(history: History): Breach[] {
  const { attempts, limits, tellingMs, handOutMs } = history;
  const free = new Map(Object.entries(limits));
  /** Slots that are certainly free, less those held or handed out nobody knows where. */
  let spare = [...free.values()].reduce((sum, limit) => sum + limit, 0);
  let spareSince = Number.NEGATIVE_INFINITY;
  const take = (change: 1 | -1) => (attempt: Recorded, now: number) => {
    const was = spare;
    if ('admittedBy' in attempt.answer) {
      const before = free.get(podOf(attempt)) ?? 0;
      free.set(podOf(attempt), before - change);
      spare += Math.max(0, before - change) - Math.max(0, before);
    } else spare -= change;
    if (was <= 0 && spare > 0) spareSince = now;
  };
  const taking = attempts.filter((attempt) => 'admittedBy' in attempt.answer || mayBeHandedOut(attempt));
  const breaches: Breach[] = [];
  inOrder([
    [taking, invokedAt, take(1)],
    [
      refusals(history, 'full').filter(({ way }) => way === 'picker'),
      answeredAt,
      (attempt) => {
        if (spare <= 0 || !(spareSince < attempt.invokedAt)) return;
        const what = `told "full" while a slot was free for all of the ${length(attempt)} ms`;
        breaches.push({ promise: 'full', what, attempts: [attempt] });
      },
    ],
    [
      taking,
      ({ answer, answeredAt }) =>
        tellingMs + ('closedAt' in answer ? answer.closedAt : answeredAt + handOutMs),
      take(-1),
    ],
  ]);
  return breaches;
}

/** Where an edge asked one pod after the other, "full" is true if each can have been full at some moment. */
function falselyFullToPods(history: History): Breach[] {
  const { attempts, limits, tellingMs } = history;
  const pods = new Map(Object.entries(limits).map(([name, limit]) => [name, { name, limit, taken: 0 }]));
  /** Slots held by attempts of which nobody knows on which pod. */
  let somewhere = 0;
  /** Since when each pod has certainly had a free slot; the earliest comes first. */
  const freeSince = new Map([...pods.keys()].map((name) => [name, Number.NEGATIVE_INFINITY]));
  const look = ({ name, taken, limit }: { name: string; taken: number; limit: number }, now: number) => {
    if (taken + somewhere >= limit) freeSince.delete(name);
    else if (!freeSince.has(name)) freeSince.set(name, now);
  };
  const take = (change: 1 | -1) => (attempt: Recorded, now: number) => {
    const pod = pods.get(podOf(attempt));
    if (pod) {
      pod.taken += change;
      look(pod, now);
    } else if ('refused' in attempt.answer) {
      somewhere += change;
      for (const one of pods.values()) look(one, now);
    }
  };
  const taking = attempts.filter(({ answer }) => 'admittedBy' in answer || answer.refused === 'other');
  const breaches: Breach[] = [];
  inOrder([
    [taking, invokedAt, take(1)],
    [
      refusals(history, 'full').filter(({ way }) => way !== 'picker'),
      answeredAt,
      (attempt) => {
        const [pod, since] = freeSince.entries().next().value ?? ['', Number.POSITIVE_INFINITY];
        if (!(since < attempt.invokedAt)) return;
        const what = `told "full" while ${pod} had a free slot for all of the ${length(attempt)} ms`;
        breaches.push({ promise: 'full', what, attempts: [attempt] });
      },
    ],
    [
      taking,
      ({ answer, answeredAt }) => tellingMs + ('closedAt' in answer ? answer.closedAt : answeredAt),
      take(-1),
    ],
  ]);
  return breaches;
}

/** The picker admits one an interval, over all edges. */
function tooClose(history: History): Breach[] {
  const intervalMs = 1000 / history.perSecond;
  const picked = history.attempts.filter(({ way, answer }) => way === 'picked' && 'admittedBy' in answer);
  const admissions = faultless(history, picked).map((attempt) => ({
    from: attempt.invokedAt,
    to: attempt.answeredAt,
    attempt,
  }));
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

/**
 * "Over the rate" is true less than an interval after an admission, by whomever, or after a decision that came too late
 * for its edge. What pods refuse costs nothing.
 */
function falselyOverRate(history: History): Breach[] {
  const { attempts, perSecond, tellingMs } = history;
  const intervalMs = 1000 / perSecond;
  let counts = Number.NEGATIVE_INFINITY;
  const breaches: Breach[] = [];
  inOrder([
    [
      attempts.filter(
        (attempt) => 'admittedBy' in attempt.answer || (mayBeHandedOut(attempt) && attempt.way !== 'picked'),
      ),
      invokedAt,
      ({ answeredAt, way }) => {
        // Of others than its own a picker hears later.
        counts = Math.max(counts, answeredAt + intervalMs + (way === 'picked' ? 0 : tellingMs));
      },
    ],
    [
      refusals(history, 'rate').filter(({ way }) => way === 'picker'),
      answeredAt,
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

/**
 * Whether the picker may have handed out a slot for an attempt that was not admitted: pods refused it, its client heard
 * nothing, or its edge heard nothing in time and refused it itself.
 */
function mayBeHandedOut({ answer, way }: Recorded): boolean {
  return 'refused' in answer && (answer.refused === 'other' || way === 'upgrade' || way === 'picked');
}

/** Those refused so while no fault was on. */
function refusals(history: History, refused: 'full' | 'rate'): Recorded[] {
  return faultless(
    history,
    history.attempts.filter(({ answer }) => 'refused' in answer && answer.refused === refused),
  );
}

/** Those of `attempts` that no fault overlaps. */
export function faultless(
  { faults = [] }: Pick<History, 'faults'>,
  attempts: readonly Recorded[],
): Recorded[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of faults.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return attempts.filter((attempt) => {
    let [low, high] = [0, merged.length];
    // The first that ends at the attempt's begin or later.
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((merged[middle]?.to ?? 0) < attempt.invokedAt) low = middle + 1;
      else high = middle;
    }
    return !((merged[low]?.from ?? Number.POSITIVE_INFINITY) <= attempt.answeredAt);
  });
}

/** The longest wait for an answer, in milliseconds. */
export function slowestOf({ attempts }: History): number {
  return attempts.reduce((most, { invokedAt, answeredAt }) => Math.max(most, answeredAt - invokedAt), 0);
}

/** How many were answered how, and by whom. */
export function kindsOf({ attempts }: Pick<History, 'attempts'>): Record<string, number> {
  const kinds = attempts.map(({ way = 'unanswered', answer }) =>
    'admittedBy' in answer ? `admitted (${way})` : `${answer.refused} (${way})`,
  );
  const sorted = Object.entries(Object.groupBy(kinds, (kind) => kind)).sort();
  return Object.fromEntries(sorted.map(([kind, all = []]) => [kind, all.length]));
}

const invokedAt = (attempt: Recorded) => attempt.invokedAt;
const answeredAt = (attempt: Recorded) => attempt.answeredAt;

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
