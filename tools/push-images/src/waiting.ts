import type { Progress } from './progress.ts';

/** After this a person wants to know what is waited for. */
const quietMilliseconds = 1000;
const repeatMilliseconds = 10_000;

/**
 * Waits for something that is usually quick, and says what is waited for where it is not, again and again.
 *
 * @param what such as `gcr.io`
 */
export async function waitingFor<T>(
  what: string,
  { note }: Pick<Progress, 'note'>,
  work: Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const say = () => {
    note(`waiting for ${what}, ${Math.round((performance.now() - begun) / 1000)} s so far`);
    timer = setTimeout(say, repeatMilliseconds);
  };
  let timer = setTimeout(say, quietMilliseconds);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
