import { admissionRate, type Limits, mostAdmissionsInOneSecond } from '@envoy-poc/edge';
import type { RunState, Silence } from './events.ts';

/** Whether one promise of the platform is kept. */
export interface Verdict {
  name: 'limit' | 'rate' | 'slots' | 'replies' | 'refusals' | 'logs';
  /**
   * `pending`: nothing was seen yet that could decide, or not all of it (`unseen`); at the end that counts as not held.
   */
  status: 'holds' | 'broken' | 'pending';
  /** What was promised. */
  promise: string;
  expected: string;
  observed: string;
  /** What could not be seen, in words. Left out: nothing. */
  unseen?: string;
}

/** The figures that verdicts compare with. */
export interface Promised {
  limits: Limits;
}

/** What the run saw beyond its state. */
export interface Seen extends Omit<RunState, 'verdicts' | 'at'> {
  /** Seconds since all wanted slots were last open; undefined: never. */
  fullSecondsAgo: number | undefined;
  /** After how many seconds all wanted slots were open for the first time. */
  firstFullSeconds: number | undefined;
  /** One wrong reply in words. */
  wrongReply: string | undefined;
  /** One refusal for another reason than rate or full, in words. */
  otherRefusal: string | undefined;
  /** Which edges gave no answer, and how often. */
  unansweredBy: string;
}

/** A refusal later than this was not immediate. */
const immediateMilliseconds = 1000;

/** Free slots may stay free this long: until a client attempts, is admitted, and the pod's health says so. */
const slotGraceSeconds = 10;

/** All verdicts, from what was seen so far. */
export function verdicts(promised: Promised, seen: Seen): Verdict[] {
  const { pods, edges } = seen.silent;
  return [
    unlessUnseen(limit(promised, seen), pods),
    unlessUnseen(rate(promised, seen), edges),
    unlessUnseen(slots(seen), pods),
    replies(seen),
    unlessUnseen(refusals(seen), edges),
    unlessUnseen(logs(seen), edges),
  ];
}

/** A promise cannot be seen to hold while somebody it is about does not answer; a broken one is broken all the same. */
function unlessUnseen(verdict: Verdict, silent: readonly Silence[]): Verdict {
  if (silent.length === 0) return verdict;
  const unseen = silent
    .map(({ name, seconds }) => `${name} has not answered for ${seconds.toFixed(0)} s`)
    .join(', ');
  const status = verdict.status === 'broken' ? 'broken' : 'pending';
  return { ...verdict, status, unseen };
}

function limit({ limits: { connectionsPerPod } }: Promised, seen: Seen): Verdict {
  const most = Math.max(...seen.pods.map((pod) => pod.highWater));
  return {
    name: 'limit',
    promise: 'no pod is ever over its limit',
    expected: `at most ${connectionsPerPod} connections on a pod`,
    observed: `most ever: ${seen.pods.map((pod) => pod.highWater).join(' ')}`,
    status: most > connectionsPerPod ? 'broken' : most > 0 ? 'holds' : 'pending',
  };
}

function rate({ limits }: Promised, seen: Seen): Verdict {
  const { total, worstSecond } = seen.admissions;
  const { perSecond, burst } = admissionRate(limits);
  const worst = mostAdmissionsInOneSecond(limits);
  const ok = total <= perSecond * seen.seconds + burst && worstSecond <= worst;
  return {
    name: 'rate',
    promise: 'admissions stay within the rate',
    expected: `${perSecond}/s on average after a burst of ${burst}, at most ${worst} in one second`,
    observed: `${total} in ${seen.seconds.toFixed(0)} s (${(total / Math.max(seen.seconds, 1)).toFixed(2)}/s), worst second ${worstSecond}`,
    status: !ok ? 'broken' : total > 0 ? 'holds' : 'pending',
  };
}

function slots(seen: Seen): Verdict {
  const { open, capacity, wanted } = seen.slots;
  const target = Math.min(capacity, wanted);
  const first = seen.firstFullSeconds;
  const recently = seen.fullSecondsAgo !== undefined && seen.fullSecondsAgo <= slotGraceSeconds;
  return {
    name: 'slots',
    promise: 'every free slot is used',
    expected: `${target} of ${capacity} slots open (clients want ${wanted})`,
    observed: `${open} open${first === undefined ? '' : `, all of them first after ${first.toFixed(0)} s`}`,
    status: open >= target || recently ? 'holds' : first === undefined ? 'pending' : 'broken',
  };
}

function replies(seen: Seen): Verdict {
  const { total, wrong } = seen.replies;
  return {
    name: 'replies',
    promise: 'every reply has the time and the IP of the pod that sent it',
    expected: 'no wrong reply',
    observed: wrong > 0 ? `${wrong} of ${total} wrong: ${seen.wrongReply}` : `${total} replies, all right`,
    status: wrong > 0 ? 'broken' : total > 0 ? 'holds' : 'pending',
  };
}

function refusals(seen: Seen): Verdict {
  const { rate: byRate, full, draining, other, unanswered, slowestMilliseconds } = seen.refusals;
  const ok = other === 0 && unanswered === 0 && slowestMilliseconds < immediateMilliseconds;
  return {
    name: 'refusals',
    promise: 'every refusal is immediate and says why',
    expected: `429 or 503 in under ${immediateMilliseconds} ms`,
    observed:
      `${byRate} by rate, ${full} full, ${draining > 0 ? `${draining} draining, ` : ''}${other} other${seen.otherRefusal ? ` (${seen.otherRefusal})` : ''}` +
      `${unanswered > 0 ? `, ${unanswered} without any answer (${seen.unansweredBy})` : ''}, slowest ${slowestMilliseconds} ms`,
    status: ok ? 'holds' : 'broken',
  };
}

function logs(seen: Seen): Verdict {
  const { found, missing } = seen.logged;
  return {
    name: 'logs',
    promise: 'each connection and refusal is in an access log',
    expected: 'nothing a client saw is missing there',
    observed: `${found} found, ${missing} missing`,
    status: missing > 0 ? 'broken' : found > 0 ? 'holds' : 'pending',
  };
}
