import type { TokenRecord } from '../../store/records.ts';
import { notForKeys } from '../caller.ts';

/** What decides who may change a token. */
export type GovernedToken = Pick<TokenRecord, 'ownerKind' | 'manage'>;

/** Requires that a management key may change a token. @throws ProblemError `not-for-keys` */
export function requireChangeableByKey(token: GovernedToken): void {
  requireNoKey(token);
  if (token.ownerKind === 'member') {
    throw notForKeys('A management key can only pause and revoke the tokens of members.');
  }
}

/** Requires that a management key may pause or revoke a token. @throws ProblemError `not-for-keys` */
export function requireStoppableByKey(token: GovernedToken): void {
  requireNoKey(token);
}

function requireNoKey({ manage }: GovernedToken): void {
  if (manage !== null) throw notForKeys('A management key cannot change a management key.');
}

/**
 * Requires that a management key may end the pause of a token, or replace it. `paused` says whether the token is paused now. What a
 * person paused stays paused; tokens of service accounts are the exception, unless a superuser paused them.
 * @throws ProblemError `not-for-keys`
 */
export function requireResumableByKey(
  token: GovernedToken & Pick<TokenRecord, 'pausedByKind' | 'pausedBySuperuser'>,
  paused: boolean,
): void {
  requireNoKey(token);
  if (!isResumableByKey(token, paused)) {
    throw notForKeys('A management key can only resume what a management key paused.');
  }
}

/** Reports whether a management key may end the pause of a token, or replace it, as `requireResumableByKey` explains. */
export function isResumableByKey(
  token: GovernedToken & Pick<TokenRecord, 'pausedByKind' | 'pausedBySuperuser'>,
  paused: boolean,
): boolean {
  if (token.manage !== null) return false;
  if (paused && isPausedByKey(token)) return true;
  return token.ownerKind === 'service-account' && !(paused && token.pausedBySuperuser);
}

/** Reports whether a management key began the last pause of a token. */
export function isPausedByKey({ pausedByKind }: Pick<TokenRecord, 'pausedByKind'>): boolean {
  return pausedByKind === 'service-account';
}
