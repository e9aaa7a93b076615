import type { UserRecord } from '../../store/records.ts';

/** Reports whether a member who signs in with their password also needs an authenticator app, a passkey or a recovery code. */
export function hasSecondFactor({ totpEnabledAt, passkeyCount }: Pick<UserRecord, 'totpEnabledAt' | 'passkeyCount'>) {
  return totpEnabledAt !== null || passkeyCount > 0;
}
