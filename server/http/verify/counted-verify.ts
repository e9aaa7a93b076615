import type { Verdict, Verify } from '../../domain/tokens/verify.ts';
import { type CountVerification, outcomeOf, type VerificationRoute } from '../../observability/verification-metrics.ts';

/**
 * Verifies a presented value and counts the outcome under `route`. `startedAt` is the `performance.now()` time from which
 * the duration is measured; it defaults to the time of the call. Rejects as `Verify` does.
 */
export type CountedVerify = (route: VerificationRoute, value: string, startedAt?: number) => Promise<Verdict>;

/** Creates the one `verify` that HTTP routes receive, so that no route can verify a token without counting it. */
export function createCountedVerify(verify: Verify, countVerification: CountVerification): CountedVerify {
  return async (route, value, startedAt = performance.now()) => {
    try {
      const verdict = await verify(value);
      countVerification(route, outcomeOf(verdict), startedAt);
      return verdict;
    } catch (error) {
      countVerification(route, 'unavailable', startedAt);
      throw error;
    }
  };
}
