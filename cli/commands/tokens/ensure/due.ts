import type { Token } from '../../../../shared/schemas/tokens/tokens.ts';
import { localError } from '../../../errors.ts';
import type { Wanted } from './wanted.ts';

const maxMarginSeconds = 14 * 86_400;

/**
 * Returns whether a token has too little time left: at most `renewBefore`, or by default 14 days or a third of its
 * lifetime, whichever is shorter.
 */
export function isDue(token: Token, { renewBefore }: Pick<Wanted, 'renewBefore'>, now: Date): boolean {
  if (token.expires_at === null) return false;
  const margin = renewBefore ?? Math.min(maxMarginSeconds, lifetimeOf(token, token.expires_at) / 3);
  return Date.parse(token.expires_at) - now.getTime() <= margin * 1000;
}

/**
 * Returns whether a rotation with a session gives a token a later end. It does not if `--expires` is a time at which the token
 * ends anyway. Each run would then rotate the token to the same end, and mail its owner.
 * @throws CliError `usage` if the token would be due again at once
 */
export function gainsTime(token: Token, { renewBefore, expiry }: Pick<Wanted, 'renewBefore' | 'expiry'>): boolean {
  if (token.expires_at === null) return true;
  if (expiry && 'expires_at' in expiry) return Date.parse(expiry.expires_at) > Date.parse(token.expires_at);
  const nextLifetime = expiry ? (expiry.expires_in ?? Infinity) : lifetimeOf(token, token.expires_at);
  if (renewBefore === undefined || renewBefore < nextLifetime) return true;
  throw localError(
    'usage',
    'The token lives no longer than --renew-before, so every run would rotate it. Give a shorter --renew-before or a longer --expires.',
  );
}

/**
 * Requires that a token that rotates itself is not due again at once. A self-rotation keeps the lifetime, and ignores
 * `--expires`.
 * @throws CliError `usage`
 */
export function requireLongLife(token: Token, { renewBefore }: Pick<Wanted, 'renewBefore'>): void {
  if (token.expires_at === null || renewBefore === undefined) return;
  if (renewBefore < lifetimeOf(token, token.expires_at)) return;
  throw localError(
    'usage',
    'Without a session, the token keeps its lifetime, which is no longer than --renew-before, so every run would rotate it. Give a shorter --renew-before, or sign in so that --expires applies.',
  );
}

/** Returns seconds. A daemon of the previous release sends no `lifetime`, and no token that it knows was ever rotated. */
function lifetimeOf({ lifetime, created_at }: Token, expiresAt: string): number {
  return lifetime ?? (Date.parse(expiresAt) - Date.parse(created_at)) / 1000;
}
