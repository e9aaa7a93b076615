import type { UserRecord } from '../../store/records.ts';

/**
 * - `invited`: added by a superuser, has no password and never signed in
 * - `active`: has a password or has signed in
 * - `disabled`: may not sign in, whatever they were before
 */
export type MemberStatus = 'invited' | 'active' | 'disabled';

type Facts = Pick<UserRecord, 'disabled' | 'sso' | 'ssoSignedInAt'> & { hasPassword: boolean };

export function memberStatus({ disabled, hasPassword, sso, ssoSignedInAt }: Facts): MemberStatus {
  if (disabled) return 'disabled';
  return hasPassword || sso || ssoSignedInAt !== null ? 'active' : 'invited';
}

export function isInvited(user: UserRecord): boolean {
  return memberStatus({ ...user, hasPassword: user.passwordHash !== null }) === 'invited';
}
