import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { AuditAction } from '../../../shared/schemas/audit.ts';
import type { CreateUserBody, UpdateUserBody } from '../../../shared/schemas/users.ts';
import type { Actor, Page, UserRecord, UserSummary } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { endAllSessions } from '../sign-in/end-sessions.ts';
import { checkNewPassword, type Passwords } from './passwords.ts';
import { noSuchMember } from './problems.ts';

export interface MemberDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
  auditTrail: AuditTrail;
}

export interface Members {
  /** Returns the caller. */
  me(caller: Caller): Promise<UserSummary>;
  /** @throws ProblemError `superuser-required`, `email-taken`, `invalid-fields` (a weak password) */
  create(caller: Caller, body: CreateUserBody): Promise<UserSummary>;
  /**
   * Creates a member for the operator of the machine (`tokensd init`), who is not signed in.
   *
   * @throws ProblemError `email-taken`, `invalid-fields`
   */
  createBy(actor: Actor, clientInfo: ClientInfo, body: CreateUserBody): Promise<UserSummary>;
  /** @throws ProblemError `superuser-required`, `user-not-found` */
  get(caller: Caller, id: string): Promise<UserSummary>;
  /** Returns the email addresses of at most five enabled superusers, whom a member can ask for help. */
  superusers(): Promise<string[]>;
  /**
   * Returns members, newest first. `q` matches part of the name or the email address.
   *
   * @throws ProblemError `superuser-required`
   */
  list(caller: Caller, query: Page & { email?: string; q?: string }): Promise<UserSummary[]>;
  /**
   * Applies all changes or none. Disabling a member also ends their sessions.
   *
   * @throws ProblemError `superuser-required`, `user-not-found`, `last-superuser`
   */
  update(caller: Caller, id: string, changes: UpdateUserBody): Promise<UserSummary>;
}

/**
 * Maximum length of the search text, which bounds the work of the database. No folded email address is longer, because
 * folding at most triples a character.
 */
const maxSearchLength = 3 * limits.maxEmailCharacters;

export function createMembers(deps: MemberDeps): Members {
  const { store } = deps;

  async function summary(id: string): Promise<UserSummary> {
    const user = await store.users.summary(id);
    if (user === null) throw noSuchMember();
    return user;
  }

  return {
    createBy: async (actor, clientInfo, body) => summary(await insertMember(deps, { actor, clientInfo }, body)),
    me: (caller) => summary(caller.user.id),
    async create(caller, body) {
      requireSuperuser(caller);
      const by = { actor: actorOf(caller.user), clientInfo: caller.clientInfo };
      const id = await insertMember(deps, by, body, (store) => requireStillSuperuser(store, caller));
      return summary(id);
    },
    async get(caller, id) {
      requireSuperuser(caller);
      return summary(id);
    },
    superusers: () => store.users.superuserEmails(5),
    async list(caller, { email, q = '', ...page }) {
      requireSuperuser(caller);
      const part = foldName(normalizeName(q)).slice(0, maxSearchLength);
      return store.users.list({
        ...page,
        ...(email !== undefined && { emailFolded: foldName(normalizeName(email)) }),
        ...(part !== '' && { contains: part }),
      });
    },
    async update(caller, id, changes) {
      requireSuperuser(caller);
      await updateMember(deps, caller, id, changes);
      return summary(id);
    },
  };
}

/**
 * Finds a member by id or email address. Members can find themselves, superusers everyone.
 *
 * @throws ProblemError `superuser-required`, `user-not-found`
 */
export async function findMember(store: Store, caller: Caller, idOrEmail: string): Promise<UserRecord> {
  const folded = foldName(normalizeName(idOrEmail));
  if (idOrEmail === caller.user.id || folded === caller.user.emailFolded) return caller.user;
  requireSuperuser(caller);
  const user = idOrEmail.includes('@') ? await store.users.findByEmail(folded) : await store.users.findById(idOrEmail);
  if (user === null) throw noSuchMember();
  return user;
}

/**
 * Creates a member and returns their id. Runs `confirm` inside the transaction, because hashing the password is slow
 * and the caller may lose their rights in the meantime.
 */
async function insertMember(
  deps: MemberDeps,
  by: { actor: Actor; clientInfo: ClientInfo },
  body: CreateUserBody,
  confirm?: (store: Store) => Promise<void>,
): Promise<string> {
  const { store, clock, newId, passwords, auditTrail } = deps;
  const password =
    body.password === undefined
      ? null
      : await checkNewPassword(body.password, { pointer: '/password', email: body.email });
  const user: UserRecord = {
    id: newId(),
    email: body.email,
    emailFolded: foldName(body.email),
    name: body.name ?? '',
    superuser: body.superuser ?? false,
    disabled: false,
    canManageTokens: body.can_manage_tokens ?? false,
    passwordHash: password === null ? null : await passwords.hash(password),
    passwordUntilSso: false,
    sso: false,
    ssoSignedInAt: null,
    totpEnabledAt: null,
    createdAt: clock.now(),
  };
  await store.transaction(async (store) => {
    await confirm?.(store);
    if (!(await store.users.insert(user))) {
      const detail = 'There is already a member with this email address.';
      throw new ProblemError('email-taken', detail, { errors: [{ pointer: '/email', detail }] });
    }
    const event = { at: user.createdAt, ...by, user };
    await auditTrail.user(store, 'user.created', event);
    if (user.superuser) await auditTrail.user(store, 'user.promoted', event);
    if (user.canManageTokens) await auditTrail.user(store, 'user.permission_granted', event);
  });
  return user.id;
}

async function updateMember(deps: MemberDeps, caller: Caller, id: string, changes: UpdateUserBody): Promise<void> {
  const event = { at: deps.clock.now(), actor: actorOf(caller.user), clientInfo: caller.clientInfo };
  await deps.store.transaction(async (store) => {
    await requireStillSuperuser(store, caller, id);
    const user = await store.users.findById(id);
    if (user === null) throw noSuchMember();
    for (const { apply, action } of changesOf(changes)) {
      const changed = await apply(store, id);
      if (changed === 'last-superuser') throw lastSuperuser();
      if (changed) await deps.auditTrail.user(store, action, { ...event, user });
    }
    if (changes.disabled) await endAllSessions(store, id);
  });
}

interface Change {
  action: AuditAction;
  apply(store: Store, id: string): Promise<boolean | 'last-superuser'>;
}

function changesOf({ name, can_manage_tokens: permission, superuser, disabled }: UpdateUserBody): Change[] {
  const list: Change[] = [];
  if (name !== undefined) {
    list.push({ action: 'user.renamed', apply: (store, id) => store.users.setName(id, name) });
  }
  if (permission !== undefined) {
    const action = permission ? 'user.permission_granted' : 'user.permission_removed';
    list.push({ action, apply: (store, id) => store.users.setCanManageTokens(id, permission) });
  }
  if (superuser !== undefined) {
    const action = superuser ? 'user.promoted' : 'user.demoted';
    list.push({ action, apply: (store, id) => store.users.setSuperuser(id, superuser) });
  }
  if (disabled !== undefined) {
    const action = disabled ? 'user.disabled' : 'user.enabled';
    list.push({ action, apply: (store, id) => store.users.setDisabled(id, disabled) });
  }
  return list;
}

function lastSuperuser(): ProblemError {
  return new ProblemError(
    'last-superuser',
    'This is the last enabled Organization Superuser. Promote another member first.',
  );
}
