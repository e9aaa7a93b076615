import type { RequestVerdict, Verdict, Verification } from '../../domain/tokens/verify.ts';
import { type CountVerification, outcomeOf, type VerificationRoute } from '../../observability/verification-metrics.ts';

/**
 * Verifies a presented value and counts the outcome under `route`. `startedAt` is the `performance.now()` time from which
 * the duration is measured; it defaults to the time of the call. Rejects as `Verification` does.
 */
export interface CountedVerification {
  /** Reports whether the value is an active token. Evaluates no rules. */
  verify(route: VerificationRoute, value: string, startedAt?: number): Promise<Verdict>;
  /** Decides whether a request may pass with the value. */
  verifyRequest(
    route: VerificationRoute,
    ...parameters: [...Parameters<Verification['verifyRequest']>, startedAt?: number]
  ): Promise<RequestVerdict>;
}

/** Creates the one verification that HTTP routes receive, so that no route can verify a token without counting it. */
export function createCountedVerification(
  { verify, verifyRequest }: Pick<Verification, 'verify' | 'verifyRequest'>,
  countVerification: CountVerification,
): CountedVerification {
  const count = async <T extends Verdict | RequestVerdict>(
    route: VerificationRoute,
    startedAt: number,
    verification: Promise<T>,
  ): Promise<T> => {
    try {
      const verdict = await verification;
      countVerification(route, outcomeOf(verdict), startedAt);
      return verdict;
    } catch (error) {
      countVerification(route, 'unavailable', startedAt);
      throw error;
    }
  };
  return {
    verify: (route, value, startedAt = performance.now()) => count(route, startedAt, verify(value)),
    verifyRequest: (route, value, request, startedAt = performance.now()) =>
      count(route, startedAt, verifyRequest(value, request)),
  };
}
