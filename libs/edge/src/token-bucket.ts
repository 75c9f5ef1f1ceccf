import type { RateLimit } from './limits.ts';

/** Envoy takes no shorter fill interval (local_ratelimit, `token_bucket.fill_interval`). */
const SHORTEST_FILL_SECONDS = 0.05;

/** Envoy's `token_bucket` for a rate. */
export function tokenBucket(rate: RateLimit) {
  const tokens = tokensPerFill(rate.perSecond);
  return { max_tokens: rate.burst, tokens_per_fill: tokens, fill_interval: seconds(tokens / rate.perSecond) };
}

/** As few whole tokens as can come at once, at so many a second. */
export function tokensPerFill(perSecond: number): number {
  return Math.max(1, Math.ceil(perSecond * SHORTEST_FILL_SECONDS - 1e-9));
}

/** A protobuf duration in JSON: seconds with at most nine decimals. */
export function seconds(value: number): string {
  return `${Number(value.toFixed(9))}s`;
}
