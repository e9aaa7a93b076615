import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateUserBody, UpdateUserBody } from '../../../shared/schemas/accounts/users.ts';
import type { Scope } from '../../../shared/scopes.ts';
import type { Actor, Page, UserRecord, UserSummary } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import {
  type Caller,
  type ClientInfo,
  isKey,
  type Operator,
  operatorActor,
  requireScope,
  requireStillAllowed,
} from '../caller.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { Precondition } from '../precondition.ts';
import { nobody, requireConfirmedPower } from '../sign-in/confirmation/power.ts';
import { type AddMemberDeps, addMember } from './add-member.ts';
import { deleteMember } from './delete-member.ts';
import { type EraseMemberDeps, eraseMember } from './erasure/erase-member.ts';
import { requireChangesForKeys, requireNewFieldsForKeys } from './for-keys.ts';
import type { Invitation, Invitations } from './invitations.ts';
import { noSuchMember } from './problems.ts';
import { updateMember } from './update-member.ts';

export interface MemberDeps extends AddMemberDeps, Pick<EraseMemberDeps, 'erasures'> {
  invitations: Pick<Invitations, 'invite' | 'mayInvite'>;
  notifier: Notifier;
}

/** A member who was just added. `invitation` is null if they were not invited. */
export interface AddedMember {
  user: UserSummary;
  invitation: Invitation | null;
}

export interface Members {
  /** Returns the caller. */
  me(caller: Caller): Promise<UserSummary>;
  /**
   * Adds a member, and invites them unless they get a password or the body says otherwise.
   *
   * @throws ProblemError `superuser-required`, `email-taken`, `invalid-fields` (a weak password); for a management key, `scope-missing`, and
   * `not-for-keys` for fields that only superusers may choose
   */
  create(operator: Operator, body: CreateUserBody): Promise<AddedMember>;
  /**
   * Creates a member for the operator of the machine (`tokensd init`), who is not signed in. Does not invite them. `also` runs in the
   * same transaction.
   *
   * @throws ProblemError `email-taken`, `invalid-fields`
   */
  createBy(
    actor: Actor,
    clientInfo: ClientInfo,
    body: CreateUserBody,
    also?: (store: Store) => Promise<void>,
  ): Promise<UserSummary>;
  /** @throws ProblemError `superuser-required`, `scope-missing`, `user-not-found` */
  get(operator: Operator, id: string): Promise<UserSummary>;
  /** Returns the email addresses of at most five enabled superusers, whom a member can ask for help. */
  superusers(): Promise<string[]>;
  /**
   * Returns members, newest first. `q` matches part of the name or the email address.
   *
   * @throws ProblemError `superuser-required`, `scope-missing`
   */
  list(operator: Operator, query: Page & { email?: string; q?: string }): Promise<UserSummary[]>;
  /**
   * Applies all changes or none. Disabling a member also ends their sessions. A new email address is mailed to both.
   *
   * @throws ProblemError `superuser-required`, `user-not-found`, `last-superuser`, `email-taken`, `email-from-sso`, `changed-meanwhile`; for a management key,
   * `scope-missing`, and `not-for-keys` for a superuser and for fields that only superusers may change
   */
  update(
    operator: Operator,
    id: string,
    changes: UpdateUserBody,
    precondition?: Precondition<UserRecord>,
  ): Promise<UserSummary>;
  /** See `deleteMember`. @throws ProblemError as it does */
  delete(operator: Operator, id: string, precondition?: Precondition<UserRecord>): Promise<void>;
  /** See `eraseMember`. @throws ProblemError as it does */
  erase(caller: Caller, id: string): Promise<boolean>;
}

/**
 * Maximum length of the search text, which bounds the work of the database. No folded email address is longer, because
 * folding at most triples a character.
 */
const maxSearchLength = 3 * limits.maxEmailCharacters;

export function createMembers(deps: MemberDeps): Members {
  const { store, clock, invitations, notifier } = deps;

  async function summary(id: string, { users }: Pick<Store, 'users'> = store): Promise<UserSummary> {
    const user = await users.summary(id);
    if (user === null) throw noSuchMember();
    return user;
  }

  return {
    me: (caller) => summary(caller.user.id),
    async create(operator, body) {
      requireScope(operator, 'users:write');
      if (isKey(operator)) requireNewFieldsForKeys(body);
      const invites = isInvitation(body) && invitations.mayInvite(operator, body.invite);
      const by = { actor: operatorActor(operator), clientInfo: operator.clientInfo };
      const added = await addMember(deps, by, body, {
        async confirm(store) {
          await requireStillAllowed(store, operator, 'users:write');
          const member = { name: body.name ?? '', email: body.email };
          await requireConfirmedPower(store, operator, clock.now(), { member, before: nobody, after: body });
        },
        finish: async (store, member) => {
          const invitation = invites ? await invitations.invite(store, member, operator) : null;
          // Reads the member before the commit. If the read came after the commit and failed, the caller would report that the
          // change failed.
          return { user: await summary(member.id, store), invitation };
        },
      });
      notifier.wake();
      return added;
    },
    async createBy(actor, clientInfo, body, also) {
      return addMember(deps, { actor, clientInfo }, body, {
        async finish(store, member) {
          await also?.(store);
          return summary(member.id, store);
        },
      });
    },
    async get(operator, id) {
      requireScope(operator, 'users:read');
      return summary(id);
    },
    superusers: () => store.users.superuserEmails(5),
    async list(operator, { email, q = '', ...page }) {
      requireScope(operator, 'users:read');
      const part = foldName(normalizeName(q)).slice(0, maxSearchLength);
      return store.users.list({
        ...page,
        ...(email !== undefined && { emailFolded: foldName(normalizeName(email)) }),
        ...(part !== '' && { contains: part }),
      });
    },
    async update(operator, id, changes, precondition) {
      requireScope(operator, 'users:write');
      if (isKey(operator)) requireChangesForKeys(changes);
      const changed = await updateMember(deps, operator, id, changes, {
        ...(precondition && { precondition }),
        finish: (store) => summary(id, store),
      });
      notifier.wake();
      return changed;
    },
    delete: (operator, id, precondition) => deleteMember(deps, operator, id, precondition),
    erase: (caller, id) => eraseMember(deps, caller, id),
  };
}

/** Returns whether the new member is invited. @throws ProblemError `invalid-fields` */
function isInvitation({ password, invite }: CreateUserBody): boolean {
  if (password !== undefined && invite === true) {
    const detail = 'A member with a password needs no invitation. Leave out the password or the invitation.';
    throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/invite', detail }] });
  }
  return invite ?? password === undefined;
}

/**
 * Finds a member by id or email address. Members can find themselves, superusers and management keys with this scope everyone.
 *
 * @throws ProblemError `superuser-required`, `scope-missing`, `user-not-found`
 */
export async function findMember(
  store: Store,
  operator: Operator,
  scope: Scope,
  idOrEmail: string,
): Promise<UserRecord> {
  const folded = foldName(normalizeName(idOrEmail));
  if (idOrEmail === operator.user.id || folded === operator.user.emailFolded) return operator.user;
  requireScope(operator, scope);
  const user = idOrEmail.includes('@') ? await store.users.findByEmail(folded) : await store.users.findById(idOrEmail);
  if (user === null) throw noSuchMember();
  return user;
}
