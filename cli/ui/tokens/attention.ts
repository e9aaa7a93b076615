import { relativeTime } from '../../../shared/relative-time.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';

const weekMs = 7 * 24 * 60 * 60 * 1000;
/** Tokens with a lifetime of at most this are made for one job, so that their end is no news. */
const maxShortLivedSeconds = 24 * 60 * 60;

export type AttentionReason = 'not-active' | 'expires-soon' | 'two-values' | 'never-expires';

/** Returns why a token needs attention. Returns nothing for a token in good order. */
export function attentionReasons(token: Token, now: Date): AttentionReason[] {
  const { status, expires_at: expiresAt, lifetime, previous, canary } = token;
  // The value of a canary never works, so none of this matters.
  if (canary) return [];
  const isShortLived = (lifetime ?? Number.POSITIVE_INFINITY) <= maxShortLivedSeconds;
  const isSoon = expiresAt !== null && !isShortLived && Date.parse(expiresAt) - now.getTime() <= weekMs;
  return [
    ...(status === 'active' ? [] : ['not-active' as const]),
    ...(status === 'active' && isSoon ? ['expires-soon' as const] : []),
    ...(previous ? ['two-values' as const] : []),
    ...(expiresAt === null ? ['never-expires' as const] : []),
  ];
}

/** Says why a token needs attention. */
export function attentionPhrase(token: Token, reasons: readonly AttentionReason[], now: Date): string {
  const { status, expires_at: expiresAt, previous } = token;
  const phrases: Record<AttentionReason, () => string> = {
    'not-active': () => `is ${status}`,
    'expires-soon': () => `expires ${expiresAt === null ? 'never' : relativeTime(expiresAt, now)}`,
    'two-values': () => `has two values until ${previous?.valid_until ?? ''}`,
    'never-expires': () => 'never expires',
  };
  return reasons.map((reason) => phrases[reason]()).join(', ');
}
