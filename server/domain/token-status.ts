import type { TokenStatus } from '../../shared/schemas/tokens.ts';
import type { TokenRecord } from '../store/store.ts';

/** The first that applies: the owner's account is disabled, the owner lacks the permission, the token expired, else active. */
export function tokenStatus(
  token: Pick<TokenRecord, 'ownerDisabled' | 'ownerCanManageTokens' | 'expiresAt'>,
  now: number,
): TokenStatus {
  if (token.ownerDisabled) return 'disabled';
  if (!token.ownerCanManageTokens) return 'blocked';
  if (token.expiresAt !== null && token.expiresAt <= now) return 'expired';
  return 'active';
}
