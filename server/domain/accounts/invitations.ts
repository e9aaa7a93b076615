import { ProblemError } from '../../../shared/problem.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import {
  actorOf,
  type Caller,
  type ClientInfo,
  isKey,
  notForKeys,
  type Operator,
  operatorActor,
  requireScope,
  requireStillAllowed,
  requireStillSuperuser,
  requireSuperuser,
} from '../caller.ts';
import { Secret } from '../secrets.ts';
import { confirmedActions, requireConfirmed } from '../sign-in/confirmation/required.ts';
import { replaceLinks } from '../sign-in/links/mailed-links.ts';
import { createSetPassword, type PasswordLink, type SetPasswordDeps } from '../sign-in/links/set-password.ts';
import type { PasswordPolicy } from '../sign-in/password/password-policy.ts';
import { requireMayChange } from './for-keys.ts';
import { isInvited } from './member-status.ts';
import { noSuchMember } from './problems.ts';

const kind = 'invitation';

/** How a member learns that they were added. `link` is set only if no mail was queued. */
export interface Invitation {
  mailed: boolean;
  /** Where the member joins. Anyone who has a link with a secret can set the member's password. */
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
  invite(store: Store, member: UserRecord, operator: Operator): Promise<Invitation>;
  /**
   * Reports whether the operator's invitations reach members. A management key sees no links, so it invites nobody without mail.
   * @throws ProblemError `not-for-keys` if such a key asks for one
   */
  mayInvite(operator: Operator, isAsked: boolean | undefined): boolean;
  /**
   * Invites a member again and voids the earlier link. Without mail, the superuser sees the new link, which needs the same confirmation as `createLink`.
   * @throws ProblemError `superuser-required`, `scope-missing`, `not-for-keys`, `user-not-found`, `already-joined`, `confirmation-required`
   */
  inviteAgain(operator: Operator, id: string): Promise<Invitation>;
  /** Reports whether `createLink` makes a link that sets a password. Otherwise it returns the address for single sign-on. */
  hasSecretLink(member: Parameters<PasswordPolicy['allows']>[0]): boolean;
  /**
   * Makes a new link for the superuser, who passes it on, and voids the earlier one. For a member who may join only through single sign-on,
   * returns the address at which they sign in, and changes nothing. @throws ProblemError `superuser-required`, `user-not-found`, `already-joined`,
   * `confirmation-required`
   */
  createLink(caller: Caller, id: string): Promise<Invitation & { link: Secret }>;
  /** Returns when a newer invitation took the place of this link. Null for every other link that does not work. */
  replacedAt(secret: string): Promise<number | null>;
  /** Returns the member that a link belongs to, or null unless the link works. Does not use it up. */
  find(secret: string): Promise<UserRecord | null>;
  /** Sets the member's first password and returns the member. A link works once. @throws ProblemError `link-expired`, `invalid-fields` */
  accept(secret: string, password: string, clientInfo: ClientInfo): Promise<UserRecord>;
}

export interface InvitationDeps extends SetPasswordDeps {
  passwordPolicy: PasswordPolicy;
  /** What the settings say about the server. */
  site: { publicUrl: string; sso: boolean; mail: boolean };
}

export function createInvitations(deps: InvitationDeps): Invitations {
  const { store, clock, auditTrail, notifier, links, site } = deps;
  const setPassword = createSetPassword(deps);

  function mayInvite(operator: Operator, isAsked = false): boolean {
    if (site.mail || !isKey(operator)) return true;
    if (isAsked) throw notForKeys('A management key can invite members only by mail, and mail is not configured.');
    return false;
  }

  /** Where a member joins with single sign-on. */
  const signInAddress = () => ({ mailed: false, link: new Secret(`${site.publicUrl}/login`), expiresAt: null });

  async function invite(store: Store, member: UserRecord, operator: Operator): Promise<Invitation> {
    const { clientInfo } = operator;
    const event = { at: clock.now(), actor: operatorActor(operator), clientInfo };
    await store.users.setDates(member.id, { invitedAt: event.at });
    if (site.mail) {
      const method = { sso: site.sso, password: deps.passwordPolicy.allows(member) };
      await notifier.invitation(store, { ...event, owner: member, inviter: operator.user, ...method });
      await auditTrail.user(store, 'user.invited', { ...event, user: member });
      return { mailed: true, link: null, expiresAt: null };
    }
    if (site.sso) return signInAddress();
    const { url, expiresAt } = await links.issue(store, { kind, userId: member.id, data: '{}' });
    await auditTrail.user(store, 'user.invitation_shown', { ...event, user: member });
    return { mailed: false, link: url, expiresAt };
  }

  /** Anyone who has the link can set the member's password. @throws ProblemError `confirmation-required`, `not-authenticated` */
  const requireConfirmedLink = (store: Store, operator: Operator, member: UserRecord, now: number) =>
    requireConfirmed(store, operator, now, confirmedActions.copyInvitationLink(member));

  const hasSecretLink: Invitations['hasSecretLink'] = (member) => !site.sso || deps.passwordPolicy.allows(member);

  return {
    invite,
    mayInvite,
    hasSecretLink,

    async inviteAgain(operator, id) {
      requireScope(operator, 'users:write');
      mayInvite(operator, true);
      const invitation = await store.transaction(async (store) => {
        await requireStillAllowed(store, operator, 'users:write', id);
        const member = await store.users.findById(id);
        if (member === null) throw noSuchMember();
        requireMayChange(operator, member);
        if (!isInvited(member)) throw alreadyJoined(member);
        const now = clock.now();
        if (!site.mail && !site.sso) await requireConfirmedLink(store, operator, member, now);
        await replaceLinks(store, { userId: id, kind, at: now });
        return invite(store, member, operator);
      });
      notifier.wake();
      return invitation;
    },

    async createLink(caller, id) {
      requireSuperuser(caller);
      return store.transaction(async (store) => {
        await requireStillSuperuser(store, caller, id);
        const member = await store.users.findById(id);
        if (member === null) throw noSuchMember();
        if (!isInvited(member)) throw alreadyJoined(member);
        if (!hasSecretLink(member)) return signInAddress();
        const event = { at: clock.now(), actor: actorOf(caller.user), clientInfo: caller.clientInfo };
        await requireConfirmedLink(store, caller, member, event.at);
        await replaceLinks(store, { userId: id, kind, at: event.at });
        await store.users.setDates(id, { invitedAt: event.at });
        const { url, expiresAt } = await links.issue(store, { kind, userId: id, data: '{}' });
        await auditTrail.user(store, 'user.invitation_link_created', { ...event, user: member });
        return { mailed: false, link: url, expiresAt };
      });
    },

    replacedAt: (secret) => links.replacedAt(kind, secret),

    find: async (secret) => (await links.find(kind, secret))?.user ?? null,

    accept: (secret, password, clientInfo) => setPassword(invitationLink, secret, password, clientInfo),
  };
}

const invitationLink: PasswordLink = { kind, action: 'user.joined', mail: 'joined', expired: invitationExpired };

export function invitationExpired(): ProblemError {
  const detail =
    'This invitation was already used, was replaced by another one, or is older than seven days. Ask for another invitation, or sign in if you have joined already.';
  return new ProblemError('link-expired', detail);
}

function alreadyJoined({ disabled, sso }: UserRecord): ProblemError {
  if (disabled) {
    return new ProblemError('already-joined', 'This account is disabled, so nobody can join with it. Enable it first.');
  }
  const help = sso
    ? 'They sign in with single sign-on.'
    : 'If they cannot sign in, they can reset their password on the sign-in page.';
  return new ProblemError('already-joined', `This member has joined already. ${help}`);
}
