import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { AuditAction } from '../../../shared/schemas/audit.ts';
import type { CreateUserBody, UpdateUserBody } from '../../../shared/schemas/users.ts';
import type { Actor, Page, UserRecord, UserSummary } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { endEverySession } from '../sign-in/start-session.ts';
import { checkNewPassword, type Passwords } from './passwords.ts';

export interface MemberDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
}

export interface MemberService {
  /** Who is asking. */
  me(caller: Caller): Promise<UserSummary>;
  /** @throws ProblemError `superuser-required`, `email-taken`, `invalid-fields` (a weak password) */
  create(caller: Caller, body: CreateUserBody): Promise<UserSummary>;
  /** The same by the operator at the machine: `tokensd init`. @throws ProblemError `email-taken`, `invalid-fields` */
  createBy(actor: Actor, clientInfo: ClientInfo, body: CreateUserBody): Promise<UserSummary>;
  /** @throws ProblemError `superuser-required`, `user-not-found` */
  get(caller: Caller, id: string): Promise<UserSummary>;
  /** Whom a member may ask: e-mails of at most five enabled Organization Superusers. */
  superusers(): Promise<string[]>;
  /** Newest first; `q` is a part of the name or the e-mail. @throws ProblemError `superuser-required` */
  list(caller: Caller, query: Page & { email?: string; q?: string }): Promise<UserSummary[]>;
  /** All of it or nothing. @throws ProblemError `superuser-required`, `user-not-found`, `last-superuser` */
  update(caller: Caller, id: string, changes: UpdateUserBody): Promise<UserSummary>;
}

/** More than any folded e-mail holds (a character folds to three at most), and little enough for the database. */
const longestPart = 3 * limits.emailCharacters;

export function createMembers(deps: MemberDeps): MemberService {
  const { store } = deps;

  async function summary(id: string): Promise<UserSummary> {
    const user = await store.users.summary(id);
    if (user === null) throw noSuchUser();
    return user;
  }

  return {
    createBy: async (actor, clientInfo, body) =>
      summary(await insertUser(deps, { actor, clientInfo: clientInfo }, body)),
    me: (caller) => summary(caller.user.id),
    async create(caller, body) {
      requireSuperuser(caller);
      const by = { actor: actorOf(caller.user), clientInfo: caller.clientInfo };
      const id = await insertUser(deps, by, body, (store) => requireStillSuperuser(store, caller));
      return summary(id);
    },
    async get(caller, id) {
      requireSuperuser(caller);
      return summary(id);
    },
    superusers: () => store.users.superuserEmails(5),
    async list(caller, { email, q = '', ...page }) {
      requireSuperuser(caller);
      const part = foldName(normalizeName(q)).slice(0, longestPart);
      return store.users.list({
        ...page,
        ...(email !== undefined && { emailFolded: foldName(normalizeName(email)) }),
        ...(part !== '' && { contains: part }),
      });
    },
    async update(caller, id, changes) {
      requireSuperuser(caller);
      await updateUser(deps, caller, id, changes);
      return summary(id);
    },
  };
}

/** A member by id or e-mail: oneself, or anybody for a superuser. @throws ProblemError `superuser-required`, `user-not-found` */
export async function findUser(store: Store, caller: Caller, idOrEmail: string): Promise<UserRecord> {
  const folded = foldName(normalizeName(idOrEmail));
  if (idOrEmail === caller.user.id || folded === caller.user.emailFolded) return caller.user;
  requireSuperuser(caller);
  const user = idOrEmail.includes('@') ? await store.users.findByEmail(folded) : await store.users.findById(idOrEmail);
  if (user === null) throw noSuchUser();
  return user;
}

/** `confirm` is asked once the password is hashed, which takes a while. */
async function insertUser(
  deps: MemberDeps,
  by: { actor: Actor; clientInfo: ClientInfo },
  body: CreateUserBody,
  confirm?: (store: Store) => Promise<void>,
): Promise<string> {
  const { store, clock, newId, passwords } = deps;
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
    sso: false,
    ssoSignedInAt: null,
    totpEnabledAt: null,
    createdAt: clock.now(),
  };
  const audit = auditTrail(deps);
  await store.transaction(async (store) => {
    await confirm?.(store);
    if (!(await store.users.insert(user))) {
      const detail = 'There is already a member with this e-mail address.';
      throw new ProblemError('email-taken', detail, { errors: [{ pointer: '/email', detail }] });
    }
    const event = { at: user.createdAt, ...by, user };
    await audit.user(store, 'user.created', event);
    if (user.superuser) await audit.user(store, 'user.promoted', event);
    if (user.canManageTokens) await audit.user(store, 'user.permission_granted', event);
  });
  return user.id;
}

async function updateUser(deps: MemberDeps, caller: Caller, id: string, changes: UpdateUserBody): Promise<void> {
  const audit = auditTrail(deps);
  const event = { at: deps.clock.now(), actor: actorOf(caller.user), clientInfo: caller.clientInfo };
  await deps.store.transaction(async (store) => {
    await requireStillSuperuser(store, caller, id);
    const user = await store.users.findById(id);
    if (user === null) throw noSuchUser();
    for (const { apply, action } of stepsOf(changes)) {
      const changed = await apply(store, id);
      if (changed === 'last-superuser') throw lastSuperuser();
      if (changed) await audit.user(store, action, { ...event, user });
    }
    if (changes.disabled) await endEverySession(store, id);
  });
}

interface Step {
  action: AuditAction;
  apply(store: Store, id: string): Promise<boolean | 'last-superuser'>;
}

function stepsOf({ name, can_manage_tokens: permission, superuser, disabled }: UpdateUserBody): Step[] {
  const steps: Step[] = [];
  if (name !== undefined) {
    steps.push({ action: 'user.renamed', apply: (store, id) => store.users.setName(id, name) });
  }
  if (permission !== undefined) {
    const action = permission ? 'user.permission_granted' : 'user.permission_removed';
    steps.push({ action, apply: (store, id) => store.users.setCanManageTokens(id, permission) });
  }
  if (superuser !== undefined) {
    const action = superuser ? 'user.promoted' : 'user.demoted';
    steps.push({ action, apply: (store, id) => store.users.setSuperuser(id, superuser) });
  }
  if (disabled !== undefined) {
    const action = disabled ? 'user.disabled' : 'user.enabled';
    steps.push({ action, apply: (store, id) => store.users.setDisabled(id, disabled) });
  }
  return steps;
}

function noSuchUser(): ProblemError {
  return new ProblemError('user-not-found', 'There is no such member.');
}

function lastSuperuser(): ProblemError {
  return new ProblemError(
    'last-superuser',
    'This is the last enabled Organization Superuser. Promote somebody else first.',
  );
}
