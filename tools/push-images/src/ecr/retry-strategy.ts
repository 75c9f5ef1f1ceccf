import { StandardRetryStrategy } from '@smithy/core/retry';
import { type OnUnreachable, triesToReach } from '../retry.ts';

type Token = Awaited<ReturnType<StandardRetryStrategy['acquireInitialRetryToken']>>;
type ErrorInfo = Parameters<StandardRetryStrategy['refreshRetryTokenForRetry']>[1];

/** How the SDK and Node name what keeps a call from its place; what was cut off on the way is not among it. */
const unreachable =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ERR_PROXY_TUNNEL|TimeoutError/;

/**
 * The SDK's way to try again, but for a place that nothing has ever come from: that is tried {@link triesToReach} times
 * only, as it is more likely wrong than busy. Later, with half an image sent, a network that goes away may come back.
 */
export class ReachingRetryStrategy extends StandardRetryStrategy {
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
    const { name = '', code = '', message = '' } = (info.error ?? {}) as NodeJS.ErrnoException;
    const tried = token.getRetryCount() + 1;
    if (!unreachable.test(`${name} ${code}`)) return super.refreshRetryTokenForRetry(token, info);
    const tries = this.#reached ? await this.maxAttempts() : Math.min(triesToReach, await this.maxAttempts());
    if (tried >= tries) throw new Error(`not reached in ${tried} tries`);
    this.#onUnreachable(message || code, tried + 1, tries);
    return super.refreshRetryTokenForRetry(token, info);
  }
}
