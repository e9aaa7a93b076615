import { ProblemError } from '../../../shared/problem.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { Secret } from '../secrets.ts';
import { endAllSessions } from '../sign-in/end-sessions.ts';
import { type MailedLinks, voidLinks } from '../sign-in/links/mailed-links.ts';
import type { PasswordPolicy } from '../sign-in/password/password-policy.ts';
import { isInvited } from './member-status.ts';
import { checkNewPassword, type Passwords } from './passwords.ts';
import { noSuchMember } from './problems.ts';

const kind = 'invitation';

/** How a member learns that they were added. `link` is set only if no mail was queued. */
export interface Invitation {
  mailed: boolean;
  /** Where the member joins. Whoever has a link with a secret can set the member's password. */
  link: Secret | null;
  /** Null unless `link` has a secret. */
  expiresAt: number | null;
}

/**
 * Invites members whom a superuser has added. Where single sign-on is set up, an invitation says so and has no secret;
 * elsewhere it has a link with which the member sets a password. The link works once, for seven days, and only while the
 * member is invited: see `memberStatus`.
 */
export interface Invitations {
  /** Invites a member in the transaction that adds them. Call `Notifier.wake` after the commit. */
  invite(store: Store, member: UserRecord, caller: Caller): Promise<Invitation>;
  /** Invites a member again and voids the earlier link. @throws ProblemError `superuser-required`, `user-not-found`, `already-joined` */
  inviteAgain(caller: Caller, id: string): Promise<Invitation>;
  /** Returns the member that a link belongs to, or null unless the link works. Does not use it up. */
  find(secret: string): Promise<UserRecord | null>;
  /** Sets the member's first password. A link works once. @throws ProblemError `link-expired`, `invalid-fields` */
  accept(secret: string, password: string, clientInfo: ClientInfo): Promise<void>;
}

export interface InvitationDeps {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  auditTrail: AuditTrail;
  notifier: Notifier;
  links: MailedLinks;
  passwordPolicy: PasswordPolicy;
  /** What the settings say about the server. */
  site: { publicUrl: string; sso: boolean; mail: boolean };
}

export function createInvitations(deps: InvitationDeps): Invitations {
  const { store, clock, auditTrail, notifier, links, site } = deps;

  async function invite(store: Store, member: UserRecord, caller: Caller): Promise<Invitation> {
    const { clientInfo } = caller;
    const event = { at: clock.now(), actor: actorOf(caller.user), clientInfo };
    if (site.mail) {
      const method = { sso: site.sso, password: deps.passwordPolicy.allows(member) };
      await notifier.invitation(store, { ...event, owner: member, inviter: caller.user, ...method });
      await auditTrail.user(store, 'user.invited', { ...event, user: member });
      return { mailed: true, link: null, expiresAt: null };
    }
    if (site.sso) return { mailed: false, link: new Secret(`${site.publicUrl}/login`), expiresAt: null };
    const { url, expiresAt } = await links.issue(store, { kind, userId: member.id, data: '{}' });
    await auditTrail.user(store, 'user.invitation_shown', { ...event, user: member });
    return { mailed: false, link: url, expiresAt };
  }

  return {
    invite,

    async inviteAgain(caller, id) {
      requireSuperuser(caller);
      const invitation = await store.transaction(async (store) => {
        await requireStillSuperuser(store, caller, id);
        const member = await store.users.findById(id);
        if (member === null) throw noSuchMember();
        if (!isInvited(member)) throw alreadyJoined(member);
        await voidLinks(store, id, kind);
        return invite(store, member, caller);
      });
      notifier.wake();
      return invitation;
    },

    find: async (secret) => (await links.find(kind, secret))?.user ?? null,

    async accept(secret, password, clientInfo) {
      const { user } = (await links.find(kind, secret)) ?? {};
      if (user === undefined) throw invitationExpired();
      const checked = await checkNewPassword(password, { pointer: '/password', email: user.email });
      const hash = await deps.passwords.hash(checked);
      await store.transaction(async (store) => {
        // 1. Lock the member before the ticket. Reject the link if the member joined or was disabled since it was looked up.
        const { passwordHash, sso } = user;
        if (!(await store.users.lockForNewSession(user.id, { passwordHash, sso }))) throw invitationExpired();
        // 2. Take the ticket. Of concurrent requests, one gets it.
        if ((await links.consume(store, kind, secret)) === null) throw invitationExpired();
        // 3. Make the change. The member has no session yet, but may have asked for another link.
        await store.users.setPasswordHash(user.id, hash);
        await endAllSessions(store, user.id);
        const event = { at: clock.now(), actor: actorOf(user), clientInfo };
        await auditTrail.user(store, 'user.joined', { ...event, user });
        await notifier.security(store, { ...event, owner: user, event: 'joined' });
      });
      notifier.wake();
    },
  };
}

export function invitationExpired(): ProblemError {
  const detail =
    'This invitation was already used, was replaced by another one, or is older than seven days. Ask for another invitation, or sign in if you have joined already.';
  return new ProblemError('link-expired', detail);
}

function alreadyJoined({ disabled }: UserRecord): ProblemError {
  return new ProblemError(
    'already-joined',
    disabled
      ? 'This account is disabled, so nobody can join with it. Enable it first.'
      : 'This member has joined already. If they cannot sign in, they can reset their password on the sign-in page.',
  );
}
