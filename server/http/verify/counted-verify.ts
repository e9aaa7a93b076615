import type { CanaryUses } from '../../domain/leaks/canary-uses.ts';
import type { ObservedRequest } from '../../domain/tokens/last-used.ts';
import type { DayTotals } from '../../domain/tokens/usage/day-totals.ts';
import type { RequestVerdict, Verdict, Verification } from '../../domain/tokens/verify.ts';
import { type CountVerification, outcomeOf, type VerificationRoute } from '../../observability/verification-metrics.ts';

/**
 * Verifies a presented value and counts the outcome under `route`. `startedAt` is the `performance.now()` time from which
 * the duration is measured; it defaults to the time of the call. `observe` is called after the response if the value is unknown or that of a canary.
 * Rejects as `Verification` does.
 */
export interface CountedVerification {
  /** Reports whether the value is an active token. Evaluates no rules. */
  verify(route: VerificationRoute, value: string, observe: () => ObservedRequest, startedAt?: number): Promise<Verdict>;
  /** Decides whether a request may pass with the value. Returns the verdict on a malformed value at once. */
  verifyRequest(
    route: VerificationRoute,
    ...parameters: [...Parameters<Verification['verifyRequest']>, observe: () => ObservedRequest, startedAt?: number]
  ): RequestVerdict | Promise<RequestVerdict>;
}

/**
 * Creates the one verification that HTTP routes receive, so that no route can verify a token without counting it. `recordCanary` receives
 * each presentation of a canary and of an unknown value, so that no route can forget one. `countOfDay` counts the verifications of values that
 * tokensd issued.
 */
export function createCountedVerification(
  { verify, verifyRequest }: Pick<Verification, 'verify' | 'verifyRequest'>,
  countVerification: CountVerification,
  recordCanary: CanaryUses['record'],
  countOfDay: DayTotals['count'],
): CountedVerification {
  const count = <T extends Verdict | RequestVerdict>(
    route: VerificationRoute,
    startedAt: number,
    verdict: T,
    observe: () => ObservedRequest,
  ): T => {
    countVerification(route, outcomeOf(verdict), startedAt);
    if (verdict.allowed || verdict.known !== null) countOfDay(verdict.allowed);
    recordAfterwards(verdict, observe);
    return verdict;
  };
  const countLater = <T extends Verdict | RequestVerdict>(
    route: VerificationRoute,
    startedAt: number,
    verification: Promise<T>,
    observe: () => ObservedRequest,
  ): Promise<T> =>
    verification.then(
      (verdict) => count(route, startedAt, verdict, observe),
      (error: unknown) => {
        countVerification(route, 'unavailable', startedAt);
        throw error;
      },
    );
  /**
   * Records a canary in a later turn of the event loop, so that the response to it takes no longer than any other. A value that was never issued
   * is recorded, too. Otherwise, a client could tell the two apart by the time of its next request. A malformed value is not: the client
   * knows itself that it is no canary.
   */
  const recordAfterwards = (verdict: Verdict | RequestVerdict, observe: () => ObservedRequest) => {
    if (verdict.allowed || verdict.reason !== 'unknown') return;
    const { canary } = verdict;
    if (canary !== undefined) setImmediate(() => recordCanary(canary, observe()));
  };
  return {
    verify: (route, value, observe, startedAt = performance.now()) =>
      countLater(route, startedAt, verify(value), observe),
    verifyRequest: (route, value, request, observe, startedAt = performance.now()) => {
      const verdict = verifyRequest(value, request);
      return verdict instanceof Promise
        ? countLater(route, startedAt, verdict, observe)
        : count(route, startedAt, verdict, observe);
    },
  };
}
