import type { AuditAction } from '../../../../shared/audit-actions.ts';
import type { ProblemError } from '../../../../shared/problem.ts';
import type { MailLinkKind, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { hasJoined } from '../../accounts/member-status.ts';
import { checkNewPassword, type Passwords } from '../../accounts/passwords.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import type { SecurityEvent } from '../../notifications/security-mails.ts';
import { endAllSessions } from '../end-sessions.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';
import type { MailedLinks } from './mailed-links.ts';

export interface SetPasswordDeps {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  auditTrail: AuditTrail;
  notifier: Notifier;
  links: MailedLinks;
  rateLimit: SignInRateLimit;
}

/** A kind of link with which a member sets a password, and what happens when it is used. */
export interface PasswordLink {
  kind: MailLinkKind;
  action: AuditAction;
  mail: SecurityEvent;
  /** Creates the error for a link that does not work. */
  expired(): ProblemError;
}

/**
 * Returns a function that sets a member's password with the secret of a link, ends all their sessions and forgets wrong
 * passwords at the account. It returns the member with the new password. A link works once.
 * The function throws `link.expired()`, or `invalid-fields` for a weak password.
 */
export type SetPassword = (
  link: PasswordLink,
  secret: string,
  password: string,
  clientInfo: ClientInfo,
) => Promise<UserRecord>;

export function createSetPassword(deps: SetPasswordDeps): SetPassword {
  const { store, clock, passwords, auditTrail, notifier, links, rateLimit } = deps;
  return async (link, secret, password, clientInfo) => {
    const { user } = (await links.find(link.kind, secret)) ?? {};
    if (user === undefined) throw link.expired();
    const hash = await passwords.hash(await checkNewPassword(password, { pointer: '/password', email: user.email }));
    await store.transaction(async (store) => {
      // 1. Lock the member before the ticket. Reject the link if the member was disabled, started to use single sign-on, or
      //    set a password since the link was looked up.
      const { passwordHash, sso } = user;
      if (!(await store.users.lockForNewSession(user.id, { passwordHash, sso }))) throw link.expired();
      // 2. Take the ticket. Of concurrent requests, one gets it.
      if ((await links.consume(store, link.kind, secret)) === null) throw link.expired();
      // 3. Make the change.
      const event = { at: clock.now(), actor: actorOf(user), clientInfo };
      await store.users.setPasswordHash(user.id, hash);
      if (!hasJoined(user)) await store.users.setDates(user.id, { joinedAt: event.at });
      await endAllSessions(store, user.id);
      await auditTrail.user(store, link.action, { ...event, user });
      const passkeys = (await store.passkeys.listOf(user.id)).map(({ name }) => name);
      const facts = passkeys.length === 0 ? [] : [['Passkeys that still work', passkeys.join(', ')] as const];
      await notifier.security(store, { ...event, owner: user, event: link.mail, facts });
    });
    notifier.wake();
    // Wrong codes still count. Otherwise a reader of the member's mail would get more guesses at the second factor with each link.
    // An error is ignored, because the password has been set.
    await rateLimit.forgetAccount(user.emailFolded).catch(() => undefined);
    return { ...user, passwordHash: hash };
  };
}
