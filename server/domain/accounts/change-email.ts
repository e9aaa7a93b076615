import { ProblemError } from '../../../shared/problem.ts';
import type { Actor, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import type { ClientInfo } from '../caller.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { voidLinks } from '../sign-in/links/mailed-links.ts';
import { emailTaken } from './add-member.ts';
import { hasJoined } from './member-status.ts';

export interface EmailChange {
  /** The member, read under their lock in this transaction. */
  user: UserRecord;
  email: string;
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
}

/**
 * Changes a member's email address. Voids the links that were mailed to the former address. Mails both addresses if the member
 * has joined. Before that, the former address may be a stranger's. Sessions continue.
 *
 * @throws ProblemError `email-from-sso`, `email-taken`
 */
export async function changeEmail(
  { auditTrail, notifier }: { auditTrail: AuditTrail; notifier: Notifier },
  store: Store,
  { user, email, ...event }: EmailChange,
): Promise<void> {
  if (email === user.email) return;
  // The address of an unbound member decides whose identity is bound next, so a superuser has to be able to correct it.
  if (user.sso && (await store.users.identityOf(user.id)) !== null) throw emailFromSso();
  if ((await store.users.setEmail(user.id, email)) === 'email-taken') throw emailTaken();
  await voidLinks(store, user.id);
  await auditTrail.user(store, 'user.email_changed', { ...event, user: { id: user.id, email } });
  if (hasJoined(user)) await notifier.emailChanged(store, { ...event, owner: user, email });
}

export function emailFromSso(): ProblemError {
  const detail =
    'This account signs in with single sign-on, so its email address comes from the identity provider. Change it there.';
  return new ProblemError('email-from-sso', detail, { errors: [{ pointer: '/email', detail }] });
}
