import type { Verdict } from '../domain/tokens/verify.ts';
import { outcomeOf, type VerificationRoute } from '../observability/verification-metrics.ts';
import type { AppDeps } from './context.ts';

/** Decides about a value, and counts the decision. */
export async function countedVerify(
  { verify, metrics }: Pick<AppDeps, 'verify' | 'metrics'>,
  route: VerificationRoute,
  value: string,
): Promise<Verdict> {
  const began = performance.now();
  try {
    const decision = await verify(value);
    metrics.countVerification(route, outcomeOf(decision), began);
    return decision;
  } catch (error) {
    metrics.countVerification(route, 'unavailable', began);
    throw error;
  }
}
