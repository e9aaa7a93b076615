import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { CreateUserBody } from '../../../shared/schemas/accounts/users.ts';
import type { Actor, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import type { ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { checkNewPassword, type Passwords } from './passwords.ts';

export interface AddMemberDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
  auditTrail: AuditTrail;
}

/** What else happens in the transaction that adds a member. */
export interface Addition<T> {
  /** Hashing the password is slow, and the caller may lose their rights in the meantime. */
  confirm?(store: Store): Promise<void>;
  finish(store: Store, member: UserRecord): Promise<T>;
}

/**
 * Adds a member and returns what `finish` returned.
 *
 * @throws ProblemError `email-taken`, `invalid-fields` (a weak password)
 */
export async function addMember<T>(
  deps: AddMemberDeps,
  by: { actor: Actor; clientInfo: ClientInfo },
  body: CreateUserBody,
  { confirm, finish }: Addition<T>,
): Promise<T> {
  const user = await newMember(deps, body).catch((error) => throwWithTakenEmail(deps, body, error));
  return deps.store.transaction(async (store) => {
    await confirm?.(store);
    if (!(await store.users.insert(user))) throw emailTaken();
    const event = { at: user.createdAt, ...by, user };
    await deps.auditTrail.user(store, 'user.created', event);
    if (user.superuser) await deps.auditTrail.user(store, 'user.promoted', event);
    if (user.auditor) await deps.auditTrail.user(store, 'user.auditor_granted', event);
    if (user.canManageTokens) await deps.auditTrail.user(store, 'user.permission_granted', event);
    return finish(store, user);
  });
}

async function newMember({ clock, newId, passwords }: AddMemberDeps, body: CreateUserBody): Promise<UserRecord> {
  const password =
    body.password === undefined
      ? null
      : await checkNewPassword(body.password, { pointer: '/password', email: body.email });
  const passwordHash = password === null ? null : await passwords.hash(password);
  const at = clock.now();
  return {
    id: newId(),
    email: body.email,
    emailFolded: foldName(body.email),
    name: body.name ?? '',
    superuser: body.superuser ?? false,
    auditor: body.auditor ?? false,
    disabled: false,
    canManageTokens: body.can_manage_tokens ?? false,
    passwordHash,
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
    joinedAt: password === null ? null : at,
    disabledAt: null,
  };
}

/** Names a taken email address together with a weak password, so that both are corrected at once. */
async function throwWithTakenEmail(
  { store }: AddMemberDeps,
  { email }: CreateUserBody,
  error: unknown,
): Promise<never> {
  const isWeakPassword = error instanceof ProblemError && error.code === 'invalid-fields';
  if (!isWeakPassword || (await store.users.findByEmail(foldName(email))) === null) throw error;
  const taken = emailTaken();
  throw new ProblemError('invalid-fields', `${taken.message} ${error.message}`, {
    errors: [...(taken.errors ?? []), ...(error.errors ?? [])],
  });
}

export function emailTaken(): ProblemError {
  const detail = 'There is already a member with this email address.';
  return new ProblemError('email-taken', detail, { errors: [{ pointer: '/email', detail }] });
}
