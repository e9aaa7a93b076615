import type { SkipReason } from '../../../../shared/schemas/tokens/bulk.ts';
import type { TokenRecord } from '../../../store/records.ts';
import { isKey, type Operator } from '../../caller.ts';
import { isResumableByKey } from '../rights.ts';
import { isExpired, isPaused } from '../status.ts';

/**
 * Returns why a pause of many tokens leaves this token as it is, or null if it pauses it. A canary is paused alone. Its value never works, so
 * a pause among others would only silence the alarm.
 */
export function reasonNotToPause(token: TokenRecord, now: number): SkipReason | null {
  if (token.canary) return 'canary';
  if (isPaused(token, now)) return 'already-paused';
  return isExpired(token, now) ? 'expired' : null;
}

/**
 * Returns why the operator cannot resume this token together with others, or null if they can. Only superusers resume a management key, and
 * what a superuser paused. Management keys resume what a key paused.
 */
export function reasonNotToResume(token: TokenRecord, operator: Operator, now: number): SkipReason | null {
  if (isExpired(token, now)) return 'expired';
  const paused = isPaused(token, now);
  if (isKey(operator)) return isResumableByKey(token, paused) ? null : 'not-allowed';
  const isOfSuperuser = token.manage !== null || (paused && token.pausedBySuperuser);
  return isOfSuperuser && !operator.user.superuser ? 'not-allowed' : null;
}
