import { type Check, type CheckResult, fail, type Outcome, skip } from './check.ts';
import { CheckError } from './errors.ts';

export interface RunChecksOptions {
  /** Stops everything; the promise rejects with its reason. */
  readonly signal: AbortSignal;
  /** Told of each result, in the order of the checks. */
  readonly onResult?: (result: CheckResult) => void;
  /** Told which checks run now, whenever that changes. */
  readonly onRunning?: (titles: readonly string[]) => void;
  /** Takes secrets out of what is shown. */
  readonly redact?: (text: string) => string;
  /** Longest time of one check. Default: 60. */
  readonly timeoutSeconds?: number;
}

/**
 * Runs checks side by side, each after those it needs.
 *
 * @returns a result for each, in their order
 */
export async function runChecks<Context>(
  checks: readonly Check<Context>[],
  context: Context,
  options: RunChecksOptions,
): Promise<CheckResult[]> {
  const { signal, onResult, onRunning, redact = (text) => text } = options;
  const started = new Map<string, Promise<CheckResult>>();
  const running = new Set<string>();
  const track = (title: string, on: boolean) => {
    if (on) running.add(title);
    else running.delete(title);
    onRunning?.([...running]);
  };

  for (const check of checks) {
    const needed = (check.needs ?? []).map((id) => {
      const need = started.get(id);
      if (!need) throw new Error(`check ${check.id} needs ${id}, which does not come before it`);
      return need;
    });
    started.set(
      check.id,
      (async () => {
        const missing = (await Promise.all(needed)).find(({ status }) => isMissing(status));
        const begun = performance.now();
        const within = AbortSignal.any([signal, AbortSignal.timeout((options.timeoutSeconds ?? 60) * 1000)]);
        track(check.title, true);
        const outcome = missing
          ? skip(`because "${missing.title}" ${missing.status === 'fail' ? 'failed' : 'was skipped'}`)
          : await outcomeOf(check, context, within);
        track(check.title, false);
        signal.throwIfAborted();
        return {
          id: check.id,
          title: check.title,
          status: outcome.status,
          seen: redact(outcome.seen),
          ...(outcome.next !== undefined && { next: redact(outcome.next) }),
          seconds: (performance.now() - begun) / 1000,
        };
      })(),
    );
  }

  const all = [...started.values()];
  // Those that are not awaited yet may fail first, when interrupted.
  for (const result of all) result.catch(() => {});
  const results: CheckResult[] = [];
  for (const result of all) {
    results.push(await result);
    onResult?.(await result);
  }
  return results;
}

const isMissing = (status: Outcome['status']) => status === 'fail' || status === 'skipped';

async function outcomeOf<Context>(
  check: Check<Context>,
  context: Context,
  signal: AbortSignal,
): Promise<Outcome> {
  const late = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    // In a function that is async: a check that throws at once must not leave `late` to reject with nobody listening.
    return await Promise.race([(async () => check.run(context, signal))(), late]);
  } catch (error) {
    if (error instanceof CheckError) return fail(error.message, error.next);
    if (signal.aborted)
      return fail('no answer in time', 'see whether the network is up, then run this again');
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return fail(`the check itself broke: ${stack}`, 'this is a fault of the tool; please report it');
  }
}
