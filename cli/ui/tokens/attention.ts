import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import type { Times } from '../times.ts';

const dayMs = 24 * 60 * 60 * 1000;
const weekMs = 7 * dayMs;
/** Tokens with a lifetime of at most this are made for one job, so their end needs no attention. */
const maxShortLivedSeconds = 24 * 60 * 60;

export type AttentionReason = 'denied' | 'not-active' | 'expires-soon' | 'two-values' | 'never-expires';

/** Returns why a token needs attention. Returns nothing for a token in good order. */
export function attentionReasons(token: Token, now: Date): AttentionReason[] {
  const { status, expires_at: expiresAt, last_denied: denied, lifetime, previous, canary } = token;
  // The value of a canary never works, so none of this matters.
  if (canary) return [];
  const isShortLived = (lifetime ?? Number.POSITIVE_INFINITY) <= maxShortLivedSeconds;
  const isSoon = expiresAt !== null && !isShortLived && Date.parse(expiresAt) - now.getTime() <= weekMs;
  // A server of an older release does not send it.
  const wasDenied = denied ? now.getTime() - Date.parse(denied.at) <= dayMs : false;
  return [
    ...(wasDenied ? ['denied' as const] : []),
    ...(status === 'active' ? [] : ['not-active' as const]),
    ...(status === 'active' && isSoon ? ['expires-soon' as const] : []),
    ...(previous ? ['two-values' as const] : []),
    ...(expiresAt === null ? ['never-expires' as const] : []),
  ];
}

/** Says why a token needs attention. */
export function attentionPhrase(token: Token, reasons: readonly AttentionReason[], times: Times): string {
  const { status, expires_at: expiresAt, last_denied: denied, previous } = token;
  const phrases: Record<AttentionReason, () => string> = {
    denied: () => `was denied ${denied ? times.ago(denied.at).replace(/^now$/, 'just now') : ''}`,
    'not-active': () => `is ${status}`,
    'expires-soon': () => `expires ${times.expiry(expiresAt)}`,
    'two-values': () => `has two values${previous ? ` until ${times.exact(previous.valid_until)}` : ''}`,
    'never-expires': () => 'never expires',
  };
  return reasons.map((reason) => phrases[reason]()).join(', ');
}
