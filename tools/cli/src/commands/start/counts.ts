import type { Limits } from '@envoy-poc/edge';
import { Admissions } from './admissions.ts';
import { Exactness } from './exactness.ts';

interface Counted {
  limits: Limits;
  pods: readonly unknown[];
  /** How much the edges' clocks may differ, in milliseconds. */
  clockMs: number;
}

/** What {@link freshCounts} makes. */
export type Counts = ReturnType<typeof freshCounts>;

/**
 * What is seen from a moment on, in epoch milliseconds: what verdicts judge.
 *
 * @param before judged until then
 */
export function freshCounts(startedAt: number, options: Counted, before?: Exactness) {
  return {
    startedAt,
    /** Since when the rate is what it is, and how many were admitted under the one before. */
    rateSince: startedAt,
    admittedBefore: 0,
    admissions: new Admissions(),
    exactness: new Exactness(
      { limits: options.limits, sinceMs: startedAt, clockMs: options.clockMs },
      before,
    ),
    gauges: options.pods.map(() => ({ open: 0, highWater: 0 })),
    refusals: {
      ...{ rate: 0, full: 0, draining: 0, client: 0, other: 0 },
      ...{ unanswered: 0, slowestMilliseconds: 0 },
    },
    opened: 0,
    /** Attempts without an answer, by the edge that gave none. */
    unanswered: new Map<string, number>(),
    replies: { total: 0, wrong: 0 },
    logged: { found: 0, missing: 0 },
    lastFullAt: undefined as number | undefined,
    firstFullAt: undefined as number | undefined,
    wrongReply: undefined as string | undefined,
    otherRefusal: undefined as string | undefined,
  };
}
