import type { TokenStatus } from '../../../shared/schemas/tokens/tokens.ts';
import type { HashMatch, PreviousValue, StatusContext, TokenRecord } from '../../store/records.ts';
import type { Clock } from '../clock.ts';

/**
 * Returns the status of a token. The first rule that applies decides: the owner is disabled, the owner lacks the
 * permission, the owner's last single sign-on is too old, the token is paused, it has expired, it is idle. Otherwise the token
 * is active.
 */
export function tokenStatus(
  token: Pick<
    TokenRecord,
    | 'ownerDisabled'
    | 'ownerCanManageTokens'
    | 'ownerSsoSignedInAt'
    | 'pausedAt'
    | 'pausedUntil'
    | 'expiresAt'
    | 'activeAt'
  >,
  context: StatusContext,
): TokenStatus {
  const { now, ssoStaleBefore } = context;
  const { ownerSsoSignedInAt: signedInAt } = token;
  if (token.ownerDisabled) return 'disabled';
  if (!token.ownerCanManageTokens) return 'blocked';
  if (ssoStaleBefore !== undefined && signedInAt !== null && signedInAt < ssoStaleBefore) return 'sso-stale';
  if (isPaused(token, now)) return 'paused';
  if (isExpired(token, now)) return 'expired';
  if (isIdle(token, context)) return 'idle';
  return 'active';
}

/** The status of a value that was issued here. `rotated`: a previous value whose overlap has ended. */
export type ValueStatus = TokenStatus | 'revoked' | 'rotated';

/** Returns the status of the value that a lookup found: current, previous or of a destroyed token. */
export function valueStatus(match: Exclude<HashMatch, { kind: 'canary' }>, context: StatusContext): ValueStatus {
  if (match.kind === 'tombstone') return match.reason;
  if (match.validUntil !== null && match.validUntil <= context.now) return 'rotated';
  return tokenStatus(match, context);
}

/** Reports whether a token has expired, whatever its status. */
export function isExpired({ expiresAt }: Pick<TokenRecord, 'expiresAt'>, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

/** Reports whether a token has not been active for too long, whatever its status. */
export function isIdle({ activeAt }: Pick<TokenRecord, 'activeAt'>, { idleBefore }: StatusContext): boolean {
  return idleBefore !== undefined && activeAt < idleBefore;
}

/** Reports whether a token is paused. A pause ends at its end, if it has one. */
export function isPaused(
  { pausedAt, pausedUntil }: Pick<TokenRecord, 'pausedAt' | 'pausedUntil'>,
  now: number,
): boolean {
  return pausedAt !== null && (pausedUntil === null || pausedUntil > now);
}

/** Returns the value before the newest rotation, if it is still accepted. */
export function workingPreviousValue({ previous }: Pick<TokenRecord, 'previous'>, now: number): PreviousValue | null {
  return previous !== null && previous.validUntil > now ? previous : null;
}

/**
 * Creates the function that returns the current status context. `ssoMaxAge` is in seconds; null means no limit.
 * `maxIdleAt` returns the time, in milliseconds, after which a token is idle, or null if no token is.
 */
export function createStatusContext(
  clock: Clock,
  ssoMaxAge: number | null,
  maxIdleAt: (now: number) => number | null = () => null,
): () => StatusContext {
  return () => {
    const now = clock.now();
    const maxIdle = maxIdleAt(now);
    return {
      now,
      ...(ssoMaxAge !== null && { ssoStaleBefore: now - ssoMaxAge * 1000 }),
      ...(maxIdle !== null && { idleBefore: now - maxIdle }),
    };
  };
}
