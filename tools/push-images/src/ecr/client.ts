import { ECRClient } from '@aws-sdk/client-ecr';
import { awsRequests } from '@envoy-poc/proxy/aws';
import { StandardRetryStrategy } from '@smithy/core/retry';
import type { Progress } from '../progress.ts';
import { type OnUnreachable, triesToReach, unreachableCodes } from '../retry.ts';
import { waitingFor } from '../waiting.ts';

/** How calls to ECR go wrong and come right. */
export interface ClientOptions {
  /** Where the ECR API is, if not at AWS. */
  readonly endpoint?: string | undefined;
  /** The AWS profile whose credentials are used; without one, those that the SDK finds. */
  readonly profile?: string | undefined;
  /** Tries of one call until its error is final; the SDK waits longer before each (up to 20 s), longest when throttled. */
  readonly maxAttempts?: number;
  /** How long one call may take; a part of 10 MiB at 1 Mbit/s takes 112 s with its base64. */
  readonly requestTimeoutMilliseconds?: number;
  /** Told what is waited for. */
  readonly progress?: Pick<Progress, 'note'>;
}

/** A client for the registry of a region; credentials as the AWS SDK finds them (`AWS_PROFILE` and so on). */
export function ecrClient(region: string, options: ClientOptions = {}): ECRClient {
  const { progress = { note() {} }, maxAttempts = 8, endpoint, profile } = options;
  const place = endpoint ?? `the ECR API of ${region}`;
  const client = new ECRClient({
    region,
    ...(endpoint ? { endpoint } : {}),
    ...(profile ? { profile } : {}),
    maxAttempts,
    retryStrategy: new ReachingRetryStrategy(maxAttempts, (said, next, tries) =>
      progress.note(`${place} cannot be reached (${said}), trying again: ${next} of ${tries}`),
    ),
    ...awsRequests(
      {
        connectionTimeout: 10_000,
        requestTimeout: options.requestTimeoutMilliseconds ?? 180_000,
        throwOnRequestTimeout: true,
      },
      profile,
    ),
  });
  let waiting = false;
  client.middlewareStack.add(
    (next, context) => (args) => {
      // Parts show themselves how far they are, and of several calls at once one says enough.
      if (waiting || context.commandName === 'UploadLayerPartCommand') return next(args);
      waiting = true;
      return waitingFor(place, progress, next(args)).finally(() => {
        waiting = false;
      });
    },
    { step: 'initialize', name: 'sayWhatIsWaitedFor' },
  );
  return client;
}

type Token = Awaited<ReturnType<StandardRetryStrategy['acquireInitialRetryToken']>>;
type ErrorInfo = Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>[1];

/**
 * The SDK's way to try again, but for a place that nothing has ever come from: that is tried {@link triesToReach} times
 * only, as it is more likely wrong than busy. Later, with half an image sent, a network that goes away may come back.
 */
class ReachingRetryStrategy extends StandardRetryStrategy {
  #reached = false;
  readonly #onUnreachable: OnUnreachable;

  constructor(maxAttempts: number, onUnreachable: OnUnreachable) {
    super(maxAttempts);
    this.#onUnreachable = onUnreachable;
  }

  override recordSuccess(token: Token): void {
    this.#reached = true;
    super.recordSuccess(token);
  }

  override async refreshRetryTokenForRetry(token: Token, info: ErrorInfo): Promise<Token> {
    if (!isUnreachable(info.error)) return super.refreshRetryTokenForRetry(token, info);
    const { code, message } = info.error as NodeJS.ErrnoException;
    const tried = token.getRetryCount() + 1;
    const tries = this.#reached ? await this.maxAttempts() : Math.min(triesToReach, await this.maxAttempts());
    // What is thrown here is not seen: the SDK throws what the call ended with.
    if (tried >= tries) throw new Error(`not reached in ${tried} tries`);
    this.#onUnreachable(message || String(code), tried + 1, tries);
    return super.refreshRetryTokenForRetry(token, info);
  }
}

/** Whether a call ended before it got to ECR, or found nobody who answers. */
export function isUnreachable(error: unknown): boolean {
  const { name, code } = (error ?? {}) as NodeJS.ErrnoException;
  return unreachableCodes.has(code) || name === 'TimeoutError';
}
