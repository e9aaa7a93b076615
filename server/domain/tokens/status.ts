import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import type { Clock } from '../clock.ts';

/**
 * The first that applies: the owner's account is disabled, the owner lacks the permission, the owner's single sign-on is
 * too long ago, the token expired, else active.
 */
export function tokenStatus(
  token: Pick<TokenRecord, 'ownerDisabled' | 'ownerCanManageTokens' | 'ownerSsoSignedInAt' | 'expiresAt'>,
  { now, ssoStaleBefore }: StatusContext,
): TokenStatus {
  const { ownerSsoSignedInAt: signedInAt, expiresAt } = token;
  if (token.ownerDisabled) return 'disabled';
  if (!token.ownerCanManageTokens) return 'blocked';
  if (ssoStaleBefore !== undefined && signedInAt !== null && signedInAt < ssoStaleBefore) return 'sso-stale';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return 'active';
}

/** Tells now and, under a policy (`ssoMaxAge`, in seconds), since when a single sign-on counts. */
export function createStatusContext(clock: Clock, ssoMaxAge: number | null): () => StatusContext {
  return () => {
    const now = clock.now();
    return ssoMaxAge === null ? { now } : { now, ssoStaleBefore: now - ssoMaxAge * 1000 };
  };
}
