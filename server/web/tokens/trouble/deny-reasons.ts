import type { ForbidReason } from '../../../domain/tokens/rules/evaluate.ts';
import type { DenyReason } from '../../../domain/tokens/verify.ts';

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
  'sso-stale': 'The owner signs in with single sign-on.',
  paused: 'Resume the token.',
  expired: 'Create a new token.',
  idle: 'Resume the token.',
  rotated: 'Give the new value to the program that still has the old one.',
};

/** Returns what lets such requests through, for reasons that no rule of the token can change. Null for others. */
export function denyReasonRemedy(reason: string): string | null {
  return remedies[reason] ?? null;
}

/** Returns a deny reason in a few words. A node of another release may have stored one that this release does not know. */
export function denyReasonWords(reason: string): string {
  return (words as Record<string, string>)[reason] ?? reason;
}
