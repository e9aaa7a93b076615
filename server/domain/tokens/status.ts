import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import type { StatusContext, TokenRecord } from '../../store/records.ts';
import type { Clock } from '../clock.ts';

/**
 * Returns the status of a token. The first rule that applies decides: the owner is disabled, the owner lacks the
 * permission, the owner's last single sign-on is too old, the token has expired. Otherwise the token is active.
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

/** Creates the function that returns the current status context. `ssoMaxAge` is in seconds; null means no limit. */
export function createStatusContext(clock: Clock, ssoMaxAge: number | null): () => StatusContext {
  return () => {
    const now = clock.now();
    return ssoMaxAge === null ? { now } : { now, ssoStaleBefore: now - ssoMaxAge * 1000 };
  };
}
