import type { MemberStatus } from '../../../shared/schemas/users.ts';
import type { UserRecord } from '../../store/records.ts';

type Facts = Pick<UserRecord, 'disabled' | 'sso' | 'ssoSignedInAt'> & { hasPassword: boolean };

export function memberStatus({ disabled, hasPassword, sso, ssoSignedInAt }: Facts): MemberStatus {
  if (disabled) return 'disabled';
  return hasPassword || sso || ssoSignedInAt !== null ? 'active' : 'invited';
}

export function isInvited(user: UserRecord): boolean {
  return memberStatus({ ...user, hasPassword: user.passwordHash !== null }) === 'invited';
}
