import type { ForbidReason } from '../../../domain/tokens/rules/evaluate.ts';
import { isExpired, tokenStatus } from '../../../domain/tokens/status.ts';
import type { DenyReason } from '../../../domain/tokens/verify.ts';
import type { StatusContext, TokenRecord } from '../../../store/records.ts';
import type { OfferedAction } from '../list/token-actions.ts';
import { isForSuperusers } from './changer-of.ts';

const words: Readonly<Record<DenyReason | ForbidReason | 'canary', string>> = {
  app: 'App not allowed',
  group: 'Owner in none of the app’s groups',
  method: 'Method not allowed',
  path: 'Path not allowed',
  network: 'Network not allowed',
  management: 'Management key at an app',
  disabled: 'Owner disabled',
  blocked: 'Owner without permission',
  'sso-stale': 'Single sign-on too long ago',
  paused: 'Token paused',
  expired: 'Token expired',
  idle: 'Token idle',
  revoked: 'Token revoked',
  rotated: 'Old value, ended by a rotation',
  unknown: 'Value that never works',
  canary: 'Value of a canary',
};

const remedies: Readonly<Record<string, string>> = {
  group: 'A superuser adds the owner to a group of the app.',
  management: 'A management key works at the API of this server only.',
  disabled: 'A superuser enables the owner.',
  blocked: 'A superuser grants the owner the permission.',
  'sso-stale': 'The owner must sign in with single sign-on again.',
  expired: 'Create a new token.',
  rotated: 'Give the new value to the program that still has the old one.',
};

/** Who may resume a token. Null if nobody can, or if it would not help. */
export type Resumer = 'reader' | 'owner' | 'superuser' | null;

/** Returns who may resume a token that is paused or idle now. `offered` are the changes that the reader may make. */
export function resumerOf(token: TokenRecord, context: StatusContext, offered: ReadonlySet<OfferedAction>): Resumer {
  const status = tokenStatus(token, context);
  if ((status !== 'paused' && status !== 'idle') || isExpired(token, context.now)) return null;
  if (offered.has('resume')) return 'reader';
  return isForSuperusers(token, status) ? 'superuser' : 'owner';
}

const resumeRemedies: Readonly<Record<Exclude<Resumer, null>, string>> = {
  reader: 'Resume the token.',
  owner: 'Its owner can resume the token.',
  superuser: 'A superuser can resume the token.',
};

/**
 * Returns the change that lets such requests through, for reasons that no rule of the token can change. Returns null for other
 * reasons.
 */
export function denyReasonRemedy(reason: string, resumer: Resumer): string | null {
  if (reason === 'paused' || reason === 'idle') return resumer === null ? null : resumeRemedies[resumer];
  return remedies[reason] ?? null;
}

/** Returns a deny reason in a few words. A node of another release may have stored one that this release does not know. */
export function denyReasonWords(reason: string): string {
  return (words as Record<string, string>)[reason] ?? reason;
}
