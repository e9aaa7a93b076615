import { ProblemError } from '../../../../shared/problem.ts';
import type { TokenStatus } from '../../../../shared/schemas/tokens/tokens.ts';
import type { TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, requireStillAllowed, requireStillSuperuser, requireSuperuser } from '../../caller.ts';
import { sessionEnded } from '../../sign-in/problems.ts';
import type { TokenDeps } from '../create.ts';
import { actsAsOwner, findToken, tokenNotFound } from '../find.ts';
import { requireChangeableByKey } from '../rights.ts';
import { tokenStatus } from '../status.ts';

/**
 * Returns one of the operator's tokens, or of a service account that they maintain. A superuser may see the tokens of others, but not do
 * what only the owner may. Management keys are the exception: only superusers change them. A management key may change the other tokens of
 * service accounts.
 * @throws ProblemError `token-not-found`, `owner-only`, `superuser-required`, `not-for-keys`
 */
export async function findOwnToken(store: Store, operator: Operator, id: string): Promise<TokenRecord> {
  const token = await findToken(store, operator, id);
  await requireChanger(store, operator, token);
  return token;
}

async function requireChanger(store: Store, operator: Operator, token: OwnChange['token']): Promise<void> {
  if (isKey(operator)) return requireChangeableByKey(token);
  if (token.manage !== null) return requireSuperuser(operator);
  if (!(await actsAsOwner(store, operator, token))) throw ownerOnly(token, operator.user.superuser);
}

function ownerOnly({ ownerKind }: Pick<TokenRecord, 'ownerKind'>, isSuperuser: boolean): ProblemError {
  const [who, ask] =
    ownerKind === 'service-account'
      ? ['a maintainer of the service account', 'Ask one']
      : ['the owner of a token', 'Ask them'];
  // An auditor sees the tokens of others, but may not stop them.
  const next = isSuperuser ? `${ask}, or pause or revoke the token.` : `${ask}.`;
  return new ProblemError('owner-only', `Only ${who} may do this. ${next}`);
}

/** Returns the owner of a token. `user` is the caller, who need not be read again. @throws ProblemError `token-not-found` */
export async function ownerOf(
  store: Pick<Store, 'owners'>,
  { ownerId }: Pick<TokenRecord, 'ownerId'>,
  user: UserRecord,
): Promise<UserRecord> {
  const owner = ownerId === user.id ? user : await store.owners.findById(ownerId);
  if (owner === null) throw tokenNotFound();
  return owner;
}

/** The token of a change, and the operator who acts as its owner. Without one, the token changes itself. */
interface OwnChange {
  token: Pick<TokenRecord, 'id' | 'ownerId' | 'ownerKind' | 'manage'>;
  operator?: Operator;
}

/** A token and its owner, which the transaction has locked. */
export interface LockedToken {
  token: TokenRecord;
  /** Whether the owner is enabled and may use tokens. */
  isAllowed: boolean;
}

/**
 * Locks what the change of an own token depends on, in this order: the superusers or the management key, if they decide; the owner, the
 * session, the token. Returns the token, in any state. A transaction that takes away the permission, removes the maintainer, ends the session
 * or the key, or revokes or pauses the token therefore comes before this one or after it. Claim an Idempotency-Key after this, as a creation
 * does. Otherwise a rotation that holds the key would wait for the owner, whom a creation with the same key holds while it waits for the key.
 * @throws ProblemError `not-authenticated` if the session has ended; `token-not-found`
 */
export async function lockOwnToken(store: Store, { token: found, operator }: OwnChange): Promise<LockedToken> {
  const { id, ownerId, manage } = found;
  if (operator !== undefined && isKey(operator)) await requireStillAllowed(store, operator, 'tokens:write', ownerId);
  else if (operator !== undefined && manage !== null) await requireStillSuperuser(store, operator, ownerId);
  const isAllowed = await store.owners.lockForNewToken(ownerId);
  if (operator !== undefined) {
    if (!isKey(operator) && !(await store.sessions.lock(operator.sessionId))) throw sessionEnded();
    await requireChanger(store, operator, found);
  }
  const token = await store.tokens.lock(id);
  // A transfer may have given it to another owner since it was found.
  if (token === null || token.ownerId !== ownerId) throw tokenNotFound();
  return { token, isAllowed };
}

/**
 * Returns a locked token if it may be changed.
 * @throws ProblemError `token-inactive`; `exchanged-token`, because such a token would outlive its trust
 */
export function requireActive(
  { statusContext }: Pick<TokenDeps, 'statusContext'>,
  { token, isAllowed }: LockedToken,
): TokenRecord {
  if (token.trustId !== null) throw exchangedToken();
  const status = tokenStatus(token, statusContext());
  if (status !== 'active' || !isAllowed) throw tokenInactive(status === 'active' ? 'blocked' : status);
  return token;
}

/** Locks a token as `lockOwnToken` does, and requires that it may be changed. @throws ProblemError as both do */
export async function lockActiveToken(
  deps: Pick<TokenDeps, 'statusContext'>,
  store: Store,
  change: OwnChange,
): Promise<TokenRecord> {
  return requireActive(deps, await lockOwnToken(store, change));
}

const remedies: Record<Exclude<TokenStatus, 'active'>, string> = {
  disabled: 'Its owner is disabled.',
  blocked: 'Ask an Organization Superuser to grant its owner the permission to manage tokens.',
  'sso-stale': 'Its owner must sign in with single sign-on again.',
  paused: 'Resume it first.',
  expired: 'Create a new token; its name is free.',
  idle: 'Resume it first.',
};

export function tokenInactive(status: Exclude<TokenStatus, 'active'>): ProblemError {
  return new ProblemError('token-inactive', `The token is not active (${status}). ${remedies[status]}`);
}

export function exchangedToken(): ProblemError {
  const detail =
    'A job received this token in exchange for its identity token, so it ends soon and cannot be changed. Pause or revoke it, or change its trust.';
  return new ProblemError('exchanged-token', detail);
}
