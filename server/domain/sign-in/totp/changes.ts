import type { AuditAction } from '../../../../shared/audit-actions.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Passwords } from '../../accounts/passwords.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import type { SecurityEvent } from '../../notifications/security-mails.ts';
import type { PasswordPolicy } from '../password/password-policy.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';

export interface TotpDeps {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  passwordPolicy: PasswordPolicy;
  auditTrail: AuditTrail;
  notifier: Notifier;
  /** The name that authenticator apps show. */
  issuer: string;
  /** Whether every member who signs in with a password must use a second factor. */
  required: boolean;
}

/** A change to the second factor of `user`, made by the member or by a superuser. */
export interface TotpChange {
  user: UserRecord;
  by: UserRecord;
  clientInfo: ClientInfo;
}

/** Audits the change and enqueues a mail to the member, in the transaction that makes the change. */
export async function recordTotpChange(
  { clock, auditTrail, notifier }: Pick<TotpDeps, 'clock' | 'auditTrail' | 'notifier'>,
  store: Store,
  { user, by, clientInfo }: TotpChange,
  action: AuditAction,
  event: SecurityEvent,
): Promise<void> {
  const [at, actor] = [clock.now(), actorOf(by)];
  await auditTrail.user(store, action, { at, actor, clientInfo, user });
  await notifier.security(store, { at, owner: user, clientInfo, event, actor });
}
