import type { TokenFilterQuery } from '../../../../shared/tokens/report.ts';
import type { TokenFilter } from '../../../store/token-filter.ts';

/** Converts the parameters of a list to the filter that they select. `false` selects as much as no parameter. */
export function toTokenFilter(query: TokenFilterQuery): TokenFilter {
  const { status, unused_for, never_used, no_expiry, unrotated_for, expiring_within, denied_within } = query;
  const { exchanged, two_values, canaries } = query;
  return {
    ...(status !== undefined && { status }),
    ...(never_used && { neverUsed: true }),
    ...(two_values && { twoValues: true }),
    ...(exchanged && { exchanged: true }),
    ...(canaries !== undefined && { canaries: canaries !== 'false' && canaries }),
    ...(no_expiry && { noExpiry: true }),
    ...(unused_for !== undefined && { unusedForMs: unused_for * 1000 }),
    ...(unrotated_for !== undefined && { unrotatedForMs: unrotated_for * 1000 }),
    ...(denied_within !== undefined && { deniedWithinMs: denied_within * 1000 }),
    ...(expiring_within !== undefined && { expiringWithinMs: expiring_within * 1000 }),
  };
}
