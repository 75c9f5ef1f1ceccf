import pRetry from 'p-retry';
import { PushImagesError } from './errors.ts';

/** An answer that may be another one next time. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

/** How something is tried again. */
export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** The pause before the second try; before each further one it is twice as long. By default half a second. */
  readonly pauseMilliseconds?: number | undefined;
}

/** Tries of one action until its error is final. */
export const maximumTries = 6;

/** Does something until it works, fails for good, or has been tried {@link maximumTries} times. */
export function retried<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, pauseMilliseconds = 500 } = options;
  return pRetry(action, {
    retries: maximumTries - 1,
    minTimeout: pauseMilliseconds,
    randomize: true,
    shouldRetry: ({ error }) => isTransient(error),
    ...(signal ? { signal } : {}),
  });
}

/** Faults of the network, of a server, and content that was damaged on its way. */
export function isTransient(error: unknown): boolean {
  if (error instanceof PushImagesError) return error.code === 'ERR_DIGEST';
  // What fetch throws when a connection cannot be made or breaks, also within a body.
  const broken = error instanceof TypeError && /fetch failed|terminated/.test(error.message);
  return broken || error instanceof TransientError;
}
