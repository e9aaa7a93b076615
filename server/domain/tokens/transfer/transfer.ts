import { ProblemError } from '../../../../shared/problem.ts';
import type { TransferTokenBody } from '../../../../shared/schemas/tokens/token-changes.ts';
import type { TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { findServiceAccountToChange, maintains } from '../../accounts/service-accounts/find.ts';
import { noSuchServiceAccount } from '../../accounts/service-accounts/problems.ts';
import {
  type Caller,
  isKey,
  notForKeys,
  type Operator,
  operatorActor,
  requireStillAllowed,
  requireStillSuperuser,
  requireSuperuser,
} from '../../caller.ts';
import { requireNoCanary } from '../../leaks/canary-field.ts';
import { sessionEnded } from '../../sign-in/problems.ts';
import { exchangedToken, tokenInactive } from '../changes/find-own.ts';
import { permissionMissing, type TokenDeps } from '../create.ts';
import { actsAsOwner, findTokenToChange, tokenNotFound } from '../find.ts';
import { nameTaken, requireUsableName } from '../names.ts';
import { requireChangeableByKey } from '../rights.ts';
import { tokenStatus } from '../status.ts';
import { giveToken, lockNewOwner } from './give-token.ts';

/** A transfer gives a token to a service account. Its value keeps working, and stands for the service account from then on. */
export interface Transferring {
  /**
   * Transfers a token of the operator, or of a service account that they maintain, to a service account that they maintain. Superusers
   * transfer every token, and management keys those of service accounts.
   * @throws ProblemError `token-not-found`, `service-account-not-found`, `service-account-disabled`, `permission-missing`, `token-inactive`,
   * `exchanged-token`, `canary`, `name-taken`, `token-limit`, `superuser-required`, `not-for-keys`, `scope-missing`, `invalid-fields`
   */
  transfer(operator: Operator, id: string, body: TransferTokenBody): Promise<TokenRecord>;
}

export function createTransferring(deps: TokenDeps): Transferring {
  const { store, clock, notifier, policy } = deps;

  return {
    async transfer(operator, id, { to, name }) {
      if (name !== undefined) requireUsableName(name, policy);
      const found = await findTokenToChange(store, operator, id);
      requireTransferable(operator, found);
      const { id: newOwnerId } = await findServiceAccountToChange(store, operator, 'tokens:write', { name: to });
      requireAnother(operator, found, newOwnerId);
      const { clientInfo, channel } = operator;
      const transferred = await store.transaction(async (store) => {
        const { token, from, newOwner } = await lockParties(deps, store, operator, { found, newOwnerId });
        const event = { at: clock.now(), actor: operatorActor(operator), clientInfo };
        const given = await giveToken(deps, store, token, { ...event, newOwner, name: name ?? token.name });
        if (given === 'name-taken') throw nameTaken({ ownerKind: 'service-account' });
        const tokens = [{ ...given, formerName: token.name }];
        await notifier.tokensTransferred(store, { ...event, channel, from, newOwner, tokens });
        return given;
      });
      notifier.wake();
      return transferred;
    },
  };
}

/** @throws ProblemError `exchanged-token`, `canary`, `superuser-required`, `not-for-keys` */
function requireTransferable(operator: Operator, token: TokenRecord): void {
  // It would outlive its trust.
  if (token.trustId !== null) throw exchangedToken();
  requireNoCanary(token, 'transferred');
  if (isKey(operator)) requireChangeableByKey(token);
  else if (token.manage !== null) requireSuperuser(operator);
}

function requireAnother(operator: Operator, { ownerId }: TokenRecord, newOwnerId: string): void {
  if (isKey(operator) && newOwnerId === operator.user.id) {
    throw notForKeys('A management key cannot transfer a token to its own service account.');
  }
  if (ownerId !== newOwnerId) return;
  const detail = 'The token belongs to this service account already.';
  throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/to', detail }] });
}

interface Parties {
  token: TokenRecord;
  from: UserRecord;
  newOwner: UserRecord;
}

/**
 * Locks what the transfer depends on, in this order: the superusers and both owners; the management key; the session; the token.
 * Returns the locked records. A transaction that removes the maintainer or the permission, ends the session or the key, or
 * changes the token therefore comes before this one or after it.
 */
async function lockParties(
  { statusContext }: Pick<TokenDeps, 'statusContext'>,
  store: Store,
  operator: Operator,
  { found: { id, ownerId }, newOwnerId }: { found: TokenRecord; newOwnerId: string },
): Promise<Parties> {
  await lockOperator(store, operator, [ownerId, newOwnerId]);
  const newOwner = await lockNewOwner(store, newOwnerId);
  const from = await store.owners.findById(ownerId);
  if (from === null) throw tokenNotFound();
  if (!isKey(operator)) await requireRights(store, operator, { from, newOwner });
  const token = await store.tokens.lock(id);
  // A concurrent transfer may have given it to another owner.
  if (token === null || token.ownerId !== ownerId) throw tokenNotFound();
  const status = tokenStatus(token, statusContext());
  const isUsable = status === 'active' || status === 'paused';
  if (!isUsable && (isKey(operator) || !operator.user.superuser)) throw tokenInactive(status);
  return { token, from, newOwner };
}

/**
 * Checks again that a superuser is still one, or that a key still works. Locks both owners for everyone, in one statement: two
 * transfers that lock the same two owners in opposite orders would deadlock.
 */
async function lockOperator(store: Store, operator: Operator, owners: readonly string[]): Promise<void> {
  if (isKey(operator)) await requireStillAllowed(store, operator, 'tokens:write', ...owners);
  else if (operator.user.superuser) await requireStillSuperuser(store, operator, ...owners);
  else await store.users.lockSuperusers(operator.user.id, owners);
}

/** Checks the session and, unless the caller is a superuser, that they act for both owners. The owners are locked. */
async function requireRights(
  store: Store,
  caller: Caller,
  { from, newOwner }: Pick<Parties, 'from' | 'newOwner'>,
): Promise<void> {
  if (!(await store.sessions.lock(caller.sessionId))) throw sessionEnded();
  if (caller.user.superuser) return;
  if (!(await actsAsOwner(store, caller, { ownerId: from.id, ownerKind: from.kind }))) throw tokenNotFound();
  if (!(await maintains(store, caller, newOwner.id))) throw noSuchServiceAccount();
  if (!from.canManageTokens) throw permissionMissing();
}
