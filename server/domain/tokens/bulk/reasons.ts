import type { SkipReason } from '../../../../shared/schemas/tokens/bulk.ts';
import type { TokenRecord } from '../../../store/records.ts';
import type { Caller } from '../../caller.ts';
import { isExpired, isPaused } from '../status.ts';

/** Returns why a pause of many tokens leaves this token as it is, or null if it pauses it. */
export function reasonNotToPause(token: TokenRecord, now: number): SkipReason | null {
  if (isPaused(token, now)) return 'already-paused';
  return isExpired(token, now) ? 'expired' : null;
}

/**
 * Returns why the caller cannot resume this token together with others, or null if they can. Only superusers resume a management key, and
 * what a superuser paused.
 */
export function reasonNotToResume(token: TokenRecord, { user }: Pick<Caller, 'user'>, now: number): SkipReason | null {
  if (isExpired(token, now)) return 'expired';
  const isOfSuperuser = token.manage !== null || (isPaused(token, now) && token.pausedBySuperuser);
  return isOfSuperuser && !user.superuser ? 'not-allowed' : null;
}
