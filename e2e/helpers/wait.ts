import { setTimeout as sleep } from 'node:timers/promises';

/** Polls until `check` is true; fails with what `describe` says. What costs others something is asked less often. */
export async function until(
  check: () => boolean | Promise<boolean>,
  describe: () => string,
  seconds = 60,
  pauseMilliseconds = 20,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`not after ${seconds} s: ${describe()}`);
    await sleep(pauseMilliseconds);
  }
}

/** Far longer than anything here takes on a machine that has time. */
const PATIENCE_SECONDS = 120;

/** Tries `check` until it throws no more; if that takes too long, throws what it threw last. */
export async function eventually<T>(check: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(250);
    }
  }
}
