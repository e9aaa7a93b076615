import type { Token } from '../../../../shared/schemas/tokens.ts';
import { localError } from '../../../errors.ts';
import type { Expiry } from '../../../input/parse-time.ts';
import type { Wanted } from './wanted.ts';

const maxMarginSeconds = 14 * 86_400;

/**
 * Returns whether a token has too little time left: at most `renewBefore`, or by default 14 days or a third of its
 * lifetime, whichever is shorter.
 * @throws CliError `usage` if every run would rotate the token, because it lives no longer than `renewBefore`
 */
export function isDue(
  token: Token,
  { renewBefore, expiry }: Pick<Wanted, 'renewBefore' | 'expiry'>,
  now: Date,
): boolean {
  if (token.expires_at === null) return false;
  const lifetime = lifetimeOf(token, token.expires_at);
  const margin = renewBefore ?? Math.min(maxMarginSeconds, lifetime / 3);
  if (Date.parse(token.expires_at) - now.getTime() > margin * 1000) return false;
  if (renewBefore !== undefined && renewBefore >= nextLifetime(lifetime, expiry)) {
    throw localError(
      'usage',
      'The token lives no longer than --renew-before, so every run would rotate it. Give a shorter --renew-before or a longer --expires.',
    );
  }
  return true;
}

/** Returns seconds. A daemon of the previous release sends no `lifetime`, and no token that it knows was ever rotated. */
function lifetimeOf({ lifetime, created_at }: Token, expiresAt: string): number {
  return lifetime ?? (Date.parse(expiresAt) - Date.parse(created_at)) / 1000;
}

/** Returns how long the token will live after the next rotation. A given time says nothing about that. */
function nextLifetime(lifetime: number, expiry: Expiry | undefined): number {
  if (expiry === undefined) return lifetime;
  return 'expires_in' in expiry ? (expiry.expires_in ?? Infinity) : Infinity;
}
