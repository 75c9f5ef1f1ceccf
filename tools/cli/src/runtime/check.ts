/** How a check ended. `warn`: allowed, and may still surprise; `skipped`: not looked at, `seen` says why. */
export type Status = 'pass' | 'fail' | 'warn' | 'skipped';

/** What a check found. */
export interface Outcome {
  readonly status: Status;
  /** The value seen, in words; of a skipped check, why it was. */
  readonly seen: string;
  /** The next command to type, or what else to do. Every failure has one. */
  readonly next?: string;
}

/** One line of a table: something that must be so. */
export interface Check<Context> {
  /** Stable name in kebab case, for machines. */
  readonly id: string;
  /** What must be so, in a few words. */
  readonly title: string;
  /** Checks that must not have failed or been skipped before this one makes sense; those come before it. */
  readonly needs?: readonly string[];
  /** Whether looking costs those who use the platform something: a watch looks only once the rest is well. */
  readonly disturbs?: true;
  /** Looks. What it throws counts as a failure. */
  run(context: Context, signal: AbortSignal): Outcome | Promise<Outcome>;
}

/** A check and how it ended. */
export interface CheckResult extends Outcome {
  readonly id: string;
  readonly title: string;
  readonly seconds: number;
}

export const pass = (seen: string): Outcome => ({ status: 'pass', seen });
export const fail = (seen: string, next: string): Outcome => ({ status: 'fail', seen, next });
export const warn = (seen: string, next: string): Outcome => ({ status: 'warn', seen, next });
export const skip = (because: string): Outcome => ({ status: 'skipped', seen: because });

/** Whether all is well: nothing failed, and something was looked at. */
export function isWell(results: readonly Pick<CheckResult, 'status'>[]): boolean {
  return (
    results.every(({ status }) => status !== 'fail') && results.some(({ status }) => status !== 'skipped')
  );
}
