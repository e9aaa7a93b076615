import { foldName } from '../../../../shared/names.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { hasJoined } from '../../accounts/member-status.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type ClientInfo } from '../../caller.ts';
import { endAllSessions } from '../end-sessions.ts';

interface NewSuperuser {
  id: string;
  email: string;
  /** Null if there is no such member yet. */
  existing: UserRecord | null;
  passwordHash: string;
  clientInfo: ClientInfo;
  at: number;
}

/**
 * Makes a member an enabled superuser with this password and without a second factor or a passkey, and ends their sessions. Audits each
 * change. Returns the member, or null if the email address was taken since `existing` was read.
 */
export async function makeSuperuser(
  { auditTrail }: { auditTrail: AuditTrail },
  store: Store,
  { id, email, existing, passwordHash, clientInfo, at }: NewSuperuser,
): Promise<UserRecord | null> {
  const user = existing ?? newMember(id, email, at);
  const event = { at, actor: actorOf(user), clientInfo, user };
  if (existing === null) {
    if (!(await store.users.insert(user))) return null;
    await auditTrail.user(store, 'user.created', event);
  }
  if (await store.users.setDisabled(id, false)) {
    await store.users.setDates(id, { disabledAt: null });
    await auditTrail.user(store, 'user.enabled', event);
  }
  if (await store.users.setSuperuser(id, true)) await auditTrail.user(store, 'user.promoted', event);
  for (const _ of await store.passkeys.deleteAllOf(id)) await auditTrail.user(store, 'passkey.removed', event);
  if (await store.totp.remove(id)) await auditTrail.user(store, 'user.totp_disabled', event);
  if (!hasJoined(user)) await store.users.setDates(id, { joinedAt: at });
  await store.users.setPasswordUntilSso(id, passwordHash);
  await endAllSessions(store, id);
  await auditTrail.user(store, 'user.recovered', event);
  return store.users.findById(id);
}

function newMember(id: string, email: string, at: number): UserRecord {
  return {
    id,
    email,
    emailFolded: foldName(email),
    name: '',
    superuser: false,
    auditor: false,
    disabled: false,
    canManageTokens: false,
    passwordHash: null,
    passwordUntilSso: false,
    sso: false,
    ssoSignedInAt: null,
    totpEnabledAt: null,
    passkeyCount: 0,
    ssoGroups: null,
    manualGroups: null,
    kind: 'member',
    description: null,
    createdAt: at,
    invitedAt: null,
    joinedAt: null,
    disabledAt: null,
  };
}
