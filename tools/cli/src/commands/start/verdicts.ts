import {
  admissionIntervalSeconds,
  admissionRate,
  type Limits,
  mostBySharesInOneSecond,
} from '@envoy-poc/edge';
import type { RunState, Silence, Verdict } from './events.ts';
import { ADMISSION_NEWS_MS, CLOSE_NEWS_MS, type PickerState } from './exactness.ts';

/** The figures that verdicts compare with. */
export interface Promised {
  limits: Limits;
}

/** What the run saw beyond its state. */
export interface Seen extends Omit<RunState, 'verdicts' | 'at' | 'said'> {
  /** Admissions, and seconds, since the rate is what it is. */
  atRate: { admitted: number; seconds: number };
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
export const slotGraceSeconds = 10;

/** All verdicts, from what was seen so far. */
export function verdicts(promised: Promised, seen: Seen): Verdict[] {
  const { pods, edges } = seen.silent;
  const admissions = seen.picker
    ? exactVerdicts(promised.limits, seen.picker, seen.atRate.seconds)
    : [sharedRate(promised, seen)];
  return [
    unlessUnseen(limit(promised, seen), pods),
    ...admissions.map((verdict) => unlessUnseen(verdict, edges)),
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
  const over = seen.pods.some(({ highWater, limit }) => highWater > limit);
  return {
    name: 'limit',
    promise: 'no pod is ever over its limit',
    expected: `at most ${connectionsPerPod} connections on a pod`,
    observed: `most ever: ${seen.pods.map((pod) => pod.highWater).join(' ')}`,
    status: over ? 'broken' : most > 0 ? 'holds' : 'pending',
  };
}

function sharedRate({ limits }: Promised, seen: Seen): Verdict {
  const { admitted: total, seconds } = seen.atRate;
  const { worstSecond } = seen.admissions;
  const { perSecond, burst } = admissionRate(limits);
  return {
    name: 'rate',
    promise: 'admissions stay within the rate',
    expected: `${perSecond}/s on average after a burst of ${burst}, at most ${mostBySharesInOneSecond(limits)} in one second`,
    observed: `${total} in ${seconds.toFixed(0)} s (${(total / Math.max(seconds, 1)).toFixed(2)}/s), worst second ${worstSecond}`,
    status: !withinShares(limits, { total, worstSecond }, seconds)
      ? 'broken'
      : total > 0
        ? 'holds'
        : 'pending',
  };
}

function withinShares(
  limits: Limits,
  { total, worstSecond }: { total: number; worstSecond: number },
  seconds: number,
): boolean {
  const { perSecond, burst } = admissionRate(limits);
  return total <= perSecond * seconds + burst && worstSecond <= mostBySharesInOneSecond(limits);
}

/** What the endpoint picker promises of `seconds`. */
export function exactVerdicts(limits: Limits, picker: PickerState, seconds: number): Verdict[] {
  const { picked, byShare, rate, full } = picker;
  const every = `${secondsIn(admissionIntervalSeconds(limits) * 1000)} s`;
  const statusOf = (ok: boolean) =>
    !ok ? 'broken' : picked.total + byShare.total + rate.refused + full.refused > 0 ? 'holds' : 'pending';
  const told = ({ refused, judged, wrong, example }: PickerState['rate'], what: string) =>
    `${refused} refused ${what}, of ${judged} judged ${wrong === 0 ? 'none' : wrong} wrongly${wrong === 0 ? '' : `: ${example}`}`;
  return [
    {
      name: 'rate',
      promise: 'admissions stay within the rate',
      expected: `at most one in any ${every}; by the edges’ shares at most ${mostBySharesInOneSecond(limits)} in one second`,
      observed:
        `${picked.total} by the picker${spacing(picked)}; ${byShare.total} by shares` +
        (byShare.total > 0 ? `, worst second ${byShare.worstSecond}` : ''),
      status: statusOf(picked.tooSoon === 0 && withinShares(limits, byShare, seconds)),
    },
    {
      name: 'allowed',
      promise: 'an attempt that the rate allows is admitted',
      expected: `no 429 to who comes ${every} after the last admission (and ${ADMISSION_NEWS_MS} ms for its news)`,
      observed: `${picked.total} admitted, ${told(rate, 'by rate')}`,
      status: statusOf(rate.wrong === 0),
    },
    {
      name: 'full',
      promise: 'no client is told "full" while a slot is free',
      expected: `no 503 while one is free all the time of the attempt and ${CLOSE_NEWS_MS} ms before`,
      observed: told(full, 'full'),
      status: statusOf(full.wrong === 0),
    },
  ];
}

/** The smallest gap, as closely as the logs tell it. */
function spacing({ smallestGap, tooSoon, worst }: PickerState['picked']): string {
  if (!smallestGap) return '';
  const { least, most } = smallestGap;
  const gap = `, smallest gap ${secondsIn((least + most) / 2)} s ± ${secondsIn((most - least) / 2)}`;
  if (!worst) return gap;
  return `${gap}, ${tooSoon} too soon, by ${secondsIn(worst.by)} s at ${new Date(worst.at).toISOString()}`;
}

/** Milliseconds in seconds, without zeros at the end. */
const secondsIn = (milliseconds: number) => String(Number((milliseconds / 1000).toFixed(3)));

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
