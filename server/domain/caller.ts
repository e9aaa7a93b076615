import { ProblemError } from '../../shared/problem.ts';
import { hasScope, type Scope, splitScopes } from '../../shared/scopes.ts';
import type { Actor, ClientRecord, StatusContext, UserRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { tokenStatus } from './tokens/status.ts';

/** IP address and user agent of a request. */
export interface ClientInfo {
  ip: string | null;
  userAgent: string | null;
}

/** The interface that a request came through. Mails name it. */
export type Channel = 'cli' | 'console' | 'api-token-auth' | 'management-key';

/** A signed-in member and their current request. */
export interface Caller {
  user: UserRecord;
  sessionId: string;
  clientInfo: ClientInfo;
  channel: Exclude<Channel, 'management-key'>;
  /** True if this request confirms who sent it. It then makes no change that needs a confirmation: the member sends the form again. */
  confirms?: true;
}

/** A management key and its current request. It acts for its service account, which is never a superuser. */
export interface KeyCaller {
  /** The service account. */
  user: UserRecord;
  key: { id: string; name: string };
  scopes: readonly Scope[];
  clientInfo: ClientInfo;
  channel: 'management-key';
  /** The inputs of the key's status when the request arrived. */
  statusContext: StatusContext;
}

/**
 * The caller of an operation that manages the organization: a signed-in member or a management key. A function that takes a `Caller` is closed to keys.
 * One that takes an `Operator` names the scope that a key needs.
 */
export type Operator = Caller | KeyCaller;

export function isKey(operator: Operator): operator is KeyCaller {
  return operator.channel === 'management-key';
}

/** Returns an OAuth client as an actor. Audit events and mails show its name in place of an email address. */
export function clientActor({ clientId, name }: Pick<ClientRecord, 'clientId' | 'name'>): Actor {
  return { kind: 'client', id: clientId, email: name };
}

/** Returns a member or a service account as an actor. */
export function actorOf({
  id,
  email,
  kind,
}: Pick<UserRecord, 'id' | 'email'> & Partial<Pick<UserRecord, 'kind'>>): Actor {
  return { kind: kind === 'service-account' ? 'service-account' : 'user', id, email };
}

/** Returns the operator as an actor, with the name of the key if it is one. */
export function operatorActor(operator: Operator): Actor {
  const actor = actorOf(operator.user);
  return isKey(operator) ? { ...actor, token: operator.key.name } : actor;
}

export const systemActor: Actor = { kind: 'system', id: null, email: null };

/** @throws ProblemError `superuser-required` */
export function requireSuperuser(caller: Pick<Caller, 'user'>): void {
  if (!caller.user.superuser) throw superuserRequired();
}

/** The scopes that an auditor's session has. None of them allows a change. */
const auditorScopes: readonly Scope[] = ['tokens:read', 'users:read', 'audit:read'];

/**
 * Requires a superuser's session, a management key with this scope, or an auditor's session if the scope only reads.
 * @throws ProblemError `superuser-required`, `scope-missing`
 */
export function requireScope(operator: Operator, scope: Scope): void {
  if (isKey(operator)) {
    if (!hasScope(operator.scopes, scope)) throw scopeMissing(scope);
  } else if (!operator.user.auditor || !auditorScopes.includes(scope)) requireSuperuser(operator);
}

/**
 * Requires a superuser's or an auditor's session, or a management key with this scope. Never use it to allow a change.
 * @throws ProblemError `superuser-required`, `scope-missing`
 */
export function requireReader(operator: Operator, scope: Scope): void {
  if (isKey(operator) || !operator.user.auditor) requireScope(operator, scope);
}

/**
 * Reports whether the operator reads tokens, apps, service accounts and events that are not their own. Never use it to allow a
 * change. The caller checks the scope of a management key.
 */
export function readsEverything(operator: Operator): boolean {
  return isKey(operator) || operator.user.superuser || operator.user.auditor;
}

/**
 * Checks again, inside the transaction of a change, that the caller is a superuser. The first check used the session's
 * member as it was when the request arrived; without this one, a superuser who was demoted or disabled since then could
 * undo that. Locks all superusers, and the members and service accounts `besides` that the change is about, in the order of their IDs.
 *
 * @throws ProblemError `superuser-required`
 */
export async function requireStillSuperuser(
  store: Store,
  { user }: Pick<Caller, 'user'>,
  ...besides: readonly string[]
): Promise<void> {
  if (!(await store.users.lockSuperusers(user.id, besides))) throw superuserRequired();
}

/**
 * Checks again, inside the transaction of a change, that the operator is a superuser, or a key that still works and has the scope.
 * Locks all superusers, the members and service accounts `besides` and the key's owner, in the order of their IDs, and then the key. A
 * change that locks another owner names them here: locked later, they could deadlock with a change that locks these rows in order.
 *
 * @throws ProblemError `superuser-required`, `scope-missing`, `not-authenticated`
 */
export async function requireStillAllowed(
  store: Store,
  operator: Operator,
  scope: Scope,
  ...besides: readonly string[]
): Promise<void> {
  if (!isKey(operator)) return requireStillSuperuser(store, operator, ...besides);
  await store.users.lockSuperusers(operator.user.id, besides);
  await requireWorkingKey(store, operator, scope);
}

async function requireWorkingKey(store: Store, { user, key, statusContext }: KeyCaller, scope: Scope): Promise<void> {
  const isEnabled = await store.owners.lockForNewToken(user.id);
  const token = await store.tokens.hold(key.id);
  if (!isEnabled || token === null || tokenStatus(token, statusContext) !== 'active') throw keyEnded();
  if (!hasScope(splitScopes(token.manage), scope)) throw scopeMissing(scope);
}

function superuserRequired(): ProblemError {
  return new ProblemError('superuser-required', 'Only an Organization Superuser may do this. Ask one of yours.');
}

export function scopeMissing(scope: Scope): ProblemError {
  return new ProblemError(
    'scope-missing',
    `The management key lacks the scope ${scope}. Ask an Organization Superuser.`,
  );
}

/** Returns the problem for something that no scope allows. `what` is a sentence such as “A management key cannot …”. */
export function notForKeys(what = 'A management key cannot do this.'): ProblemError {
  return new ProblemError('not-for-keys', `${what} Ask an Organization Superuser.`);
}

export function keyEnded(): ProblemError {
  return new ProblemError('not-authenticated', 'The management key no longer works. Create another one.');
}
