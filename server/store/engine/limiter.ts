import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import type { Count, Limiter } from '../limiter.ts';

/** Wraps a limiter of rate-limiter-flexible, which rejects with a `RateLimiterRes` when it denies. */
export function wrapLimiter(
  limiter: Pick<RateLimiterAbstract, 'consume' | 'penalty' | 'reward' | 'get' | 'block' | 'delete'>,
  resetShared: Limiter['resetShared'] = () => Promise.resolve(),
): Limiter {
  return {
    get: async (key) => toCount(await limiter.get(key)),
    consume: (key) =>
      limiter.consume(key).then(
        (result) => ({ ...toCount(result), allowed: true }),
        (rejection: unknown) => {
          if (!(rejection instanceof RateLimiterRes)) throw rejection;
          return { ...toCount(rejection), allowed: false };
        },
      ),
    increment: async (key, windowSeconds) =>
      toCount(await limiter.penalty(key, 1, windowSeconds === undefined ? {} : { customDuration: windowSeconds })),
    decrement: async (key) => toCount(await limiter.reward(key, 1)),
    block: async (key, seconds) => {
      await limiter.block(key, seconds);
    },
    reset: async (key) => {
      await limiter.delete(key);
    },
    resetShared,
  };
}

function toCount(result: RateLimiterRes | null): Count {
  return { count: result?.consumedPoints ?? 0, retryAfterMs: Math.max(result?.msBeforeNext ?? 0, 0) };
}
