import type { RateLimit } from './limits.ts';

/** Envoy takes no shorter fill interval (local_ratelimit, `token_bucket.fill_interval`). */
const SHORTEST_FILL_SECONDS = 0.05;

/** Envoy's `token_bucket` for a rate: as many tokens a fill as keep the interval long enough. */
export function tokenBucket(rate: RateLimit) {
  const tokensPerFill = Math.max(1, Math.ceil(rate.perSecond * SHORTEST_FILL_SECONDS - 1e-9));
  return {
    max_tokens: rate.burst,
    tokens_per_fill: tokensPerFill,
    fill_interval: seconds(tokensPerFill / rate.perSecond),
  };
}

/** A protobuf duration in JSON: seconds with at most nine decimals. */
export function seconds(value: number): string {
  return `${Number(value.toFixed(9))}s`;
}
