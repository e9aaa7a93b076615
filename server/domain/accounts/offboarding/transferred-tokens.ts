import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import { tokenStatus } from '../../tokens/status.ts';

/** A token that nobody used for this long is revoked with the account. */
const inUseMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Reports whether an offboarding transfers a token: it works or is paused, and was used in the last 30 days with any of its values. A token
 * that is rejected, for example because the account is disabled, would begin to work again if it was transferred.
 */
export function isTransferred(token: TokenRecord, context: StatusContext): boolean {
  const status = tokenStatus(token, context);
  const usedAt = Math.max(token.lastUse?.at ?? 0, token.previousUsedAt ?? 0, token.previous?.lastUse?.at ?? 0);
  // Nobody would know where the value of a canary is planted.
  if (token.canary) return false;
  return (status === 'active' || status === 'paused') && usedAt > context.now - inUseMs;
}
