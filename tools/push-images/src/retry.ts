import pRetry from 'p-retry';
import { PushImagesError } from './errors.ts';

/** An answer that may be another one next time. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
}

/** A place that took a request and did not answer in time. */
export class UnansweredError extends TransientError {}

/** Told why a place could not be reached, before it is tried again: with the number of the next try, and of all. */
export type OnUnreachable = (said: string, next: number, tries: number) => void;

/** How something is tried again. */
export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** The pause before the second try; before each further one it is twice as long. By default half a second. */
  readonly pauseMilliseconds?: number | undefined;
  readonly onUnreachable?: OnUnreachable | undefined;
}

/** Tries of one action until its error is final. */
export const maximumTries = 6;

/** Tries to reach a place, before it counts as wrong rather than as busy. */
export const triesToReach = 3;

/**
 * Codes by which Node, undici and the AWS SDK say that a request did not get to its place; what was cut off on the way is
 * not among them.
 */
export const unreachableCodes: ReadonlySet<string | undefined> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_PROXY_TUNNEL',
]);

/** What kept a request of `fetch` from its place, in its own words; undefined: it was something else. */
export function unreachableBecause(error: unknown): string | undefined {
  if (error instanceof UnansweredError) return error.message;
  if (!isBrokenFetch(error)) return undefined;
  const { code, message } = error.cause;
  // A request that is aborted from here is no error of fetch's own, so this is undici's: a proxy refused the tunnel.
  return unreachableCodes.has(code) || code === 'UND_ERR_ABORTED' ? message || code : undefined;
}

/**
 * What fetch throws when a connection cannot be made or breaks, also within a body: a TypeError with a cause, which one of
 * a mistake in a program does not have (https://fetch.spec.whatwg.org/#concept-network-error).
 */
function isBrokenFetch(error: unknown): error is TypeError & { cause: NodeJS.ErrnoException } {
  return error instanceof TypeError && error.cause instanceof Error;
}

/**
 * Does something until it works, fails for good, or has been tried {@link maximumTries} times; {@link triesToReach} times
 * where its place cannot be reached.
 */
export function retried<T>(action: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, pauseMilliseconds = 500, onUnreachable } = options;
  return pRetry(action, {
    retries: maximumTries - 1,
    minTimeout: pauseMilliseconds,
    randomize: true,
    shouldRetry({ error, attemptNumber }) {
      const said = unreachableBecause(error);
      if (said === undefined) return isTransient(error);
      if (attemptNumber >= triesToReach) return false;
      onUnreachable?.(said, attemptNumber + 1, triesToReach);
      return true;
    },
    ...(signal ? { signal } : {}),
  });
}

/** Faults of the network, of a server, and content that was damaged on its way. */
export function isTransient(error: unknown): boolean {
  if (error instanceof PushImagesError) return error.code === 'ERR_DIGEST';
  return isBrokenFetch(error) || error instanceof TransientError;
}
