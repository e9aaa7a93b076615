import type { PendingNotice } from '../../../store/records.ts';
import { lifetimeOf } from '../../tokens/expiry.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Tokens with a lifetime of at most this are made for one job, and get no notice. */
export const maxShortLivedMs = dayMs;

/** How long before it becomes idle a token is listed. */
export const idleNoticeMs = 14 * dayMs;

/**
 * How long after its expiry a token is listed. It is an hour more than a day, because that day's mail may have left before the
 * expiry.
 */
const expiredNoticeMs = dayMs + 60 * 60 * 1000;

/** What the daily mail says about a token. */
export type Notice = 'expires' | 'expired' | 'idle';

/** A span of time in which tokens expire that a threshold concerns. */
export interface ThresholdSpan {
  withinMs: number;
  /** The tokens expire after this time. A tighter threshold concerns those that expire earlier. */
  after: number;
  until: number;
}

/**
 * Returns the spans of the thresholds, the tightest first. Each token is in one span at most, so that only the tightest of several
 * thresholds that it crossed during an outage counts.
 */
export function thresholdSpans(thresholdsMs: readonly number[], now: number): ThresholdSpan[] {
  const tightestFirst = [...new Set(thresholdsMs)].sort((one, other) => one - other);
  return tightestFirst.map((withinMs, index) => ({
    withinMs,
    after: now + (tightestFirst[index - 1] ?? 0),
    until: now + withinMs,
  }));
}

/**
 * Reports whether a token is short-lived. Its lifetime is the span between the last choice of its expiry and that expiry.
 */
export function isShortLived(token: Parameters<typeof lifetimeOf>[0]): boolean {
  const lifetimeMs = lifetimeOf(token);
  return lifetimeMs !== null && lifetimeMs <= maxShortLivedMs;
}

/** Returns whether a threshold applies to a token with this lifetime. */
export function thresholdApplies(withinMs: number, lifetimeMs: number): boolean {
  return lifetimeMs > maxShortLivedMs && 2 * withinMs < lifetimeMs;
}

/**
 * Returns what the mail says about a token whose notice is due, or null if the notice no longer applies: the token's expiry may have been
 * changed since, or the token used.
 */
export function noticeOf(
  { token, within, idleNoticedAt }: PendingNotice,
  { now, idleAt }: { now: number; idleAt: number | null },
): Notice | null {
  const { expiresAt, activeAt } = token;
  if (expiresAt !== null && expiresAt <= now) {
    return within === 0 && expiresAt > now - expiredNoticeMs ? 'expired' : null;
  }
  if (expiresAt !== null && within > 0) {
    const lifetimeMs = lifetimeOf(token) ?? Number.POSITIVE_INFINITY;
    if (expiresAt <= now + within && thresholdApplies(within, lifetimeMs)) return 'expires';
  }
  if (idleAt === null || idleAt > now + idleNoticeMs) return null;
  return idleNoticedAt === null || idleNoticedAt < activeAt ? 'idle' : null;
}
