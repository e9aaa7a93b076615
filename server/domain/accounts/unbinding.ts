import { ProblemError } from '../../../shared/problem.ts';
import type { Actor, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import {
  actorOf,
  type Caller,
  type ClientInfo,
  requireStillSuperuser,
  requireSuperuser,
  systemActor,
} from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { endAllSessions } from '../sign-in/end-sessions.ts';
import type { PasswordPolicy } from '../sign-in/password/password-policy.ts';
import { groupsChange } from './groups.ts';
import { noSuchMember } from './problems.ts';

/**
 * Removes identities of members, for a provider that gave people new ones. A member whose password signs them in connects
 * the new identity on Profile. Every other one still counts as a member with single sign-on: the next person who signs in
 * with the member's email address, if it counts, becomes this member.
 */
export interface Unbinding {
  /**
   * Removes a member's identity, ends all their sessions, and mails them.
   *
   * @throws ProblemError `superuser-required`, `user-not-found`, `own-account`, `not-connected`
   */
  unbind(caller: Caller, userId: string): Promise<void>;
  /**
   * Removes the identities of all members at one issuer, for the operator of the machine. Each member is one transaction, so
   * that the command can be interrupted and run again. Returns the number of members.
   */
  unbindIssuer(issuer: string): Promise<number>;
}

export interface UnbindingDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  notifier: Notifier;
  passwordPolicy: PasswordPolicy;
}

const pageSize = 200;

export function createUnbinding(deps: UnbindingDeps): Unbinding {
  const { store, notifier } = deps;

  const signsInByPassword = (user: UserRecord) =>
    user.passwordHash !== null && !user.passwordUntilSso && deps.passwordPolicy.allows(user);

  async function remove(
    store: Store,
    id: string,
    { issuer, ...by }: { issuer?: string; actor: Actor; clientInfo: ClientInfo },
  ): Promise<boolean> {
    const user = await store.users.findById(id);
    if (user === null || !(await store.users.clearIdentity(id, { issuer, keepsSso: !signsInByPassword(user) })))
      return false;
    await endAllSessions(store, user.id);
    const event = { at: deps.clock.now(), ...by };
    await deps.auditTrail.user(store, 'user.sso_unbound', { ...event, user });
    if (user.ssoGroups !== null) {
      const changes = groupsChange('sso_groups', user.ssoGroups, null);
      await deps.auditTrail.groupsChanged(store, { ...event, user, changes });
    }
    // A disabled member has left the organization, and gets no mail.
    if (!user.disabled) await notifier.security(store, { ...event, owner: user, event: 'sso-unbound' });
    return true;
  }

  return {
    async unbind(caller, userId) {
      requireSuperuser(caller);
      if (userId === caller.user.id) throw ownIdentity();
      await store.transaction(async (store) => {
        await requireStillSuperuser(store, caller, userId);
        const user = await store.users.findById(userId);
        if (user === null) throw noSuchMember();
        const by = { actor: actorOf(caller.user), clientInfo: caller.clientInfo };
        if (!(await remove(store, userId, by))) throw notConnected(user);
      });
      notifier.wake();
    },

    async unbindIssuer(issuer) {
      const by = { issuer, actor: systemActor, clientInfo: { ip: null, userAgent: null } };
      let removed = 0;
      for (let after: string | null = null; ; ) {
        const members: UserRecord[] = await store.users.membersOfIssuer(issuer, { limit: pageSize, after });
        for (const { id } of members) {
          if (await store.transaction((store) => remove(store, id, by))) removed += 1;
        }
        after = members.at(-1)?.id ?? null;
        if (after === null) break;
      }
      notifier.wake();
      return removed;
    },
  };
}

function ownIdentity(): ProblemError {
  return new ProblemError(
    'own-account',
    'You cannot unbind your own account. Ask another Organization Superuser to do it.',
  );
}

function notConnected({ sso, email }: UserRecord): ProblemError {
  return new ProblemError(
    'not-connected',
    sso
      ? `${email} is unbound already. The next single sign-on with this email address connects the account again.`
      : `${email} is not connected to single sign-on. A member with a password connects it on their profile.`,
  );
}
