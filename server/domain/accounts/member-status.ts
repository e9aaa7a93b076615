import type { MemberStatus } from '../../../shared/schemas/accounts/users.ts';
import type { UserRecord } from '../../store/records.ts';

type Facts = Pick<UserRecord, 'disabled' | 'sso' | 'ssoSignedInAt'> & { hasPassword: boolean };

export function memberStatus({ disabled, hasPassword, sso, ssoSignedInAt }: Facts): MemberStatus {
  if (disabled) return 'disabled';
  return hasPassword || sso || ssoSignedInAt !== null ? 'active' : 'invited';
}

export function isInvited(user: UserRecord): boolean {
  return !user.disabled && !hasJoined(user);
}

/** Reports whether the member has ever been able to sign in. An invited member, or one disabled before joining, has not. */
export function hasJoined({ passwordHash, sso, ssoSignedInAt }: UserRecord): boolean {
  return passwordHash !== null || sso || ssoSignedInAt !== null;
}
