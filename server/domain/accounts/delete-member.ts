import { ProblemError } from '../../../shared/problem.ts';
import { pseudonymOf } from '../../pseudonym.ts';
import type { Actor, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { type ClientInfo, type Operator, operatorActor, requireScope, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { requireMayChange, requireNoOwnMaintainer } from './for-keys.ts';
import { hasJoined } from './member-status.ts';
import { lastSuperuser, noSuchMember } from './problems.ts';
import { accountsToLock, tellOfOrphans } from './service-accounts/orphaned.ts';

export interface DeleteMemberDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  notifier: Notifier;
}

/**
 * Deletes a member for good: revokes their tokens, ends their sessions and erases their address, name and credentials. Audit
 * events keep a pseudonym, and a restored backup does not bring the member back.
 *
 * @throws ProblemError `superuser-required`, `scope-missing`, `not-for-keys`, `user-not-found`, `own-account`, `last-superuser`,
 * `changed-meanwhile`
 */
export async function deleteMember(
  deps: DeleteMemberDeps,
  operator: Operator,
  id: string,
  precondition: Precondition<UserRecord> = noPrecondition,
): Promise<void> {
  const { store, clock, notifier } = deps;
  requireScope(operator, 'users:write');
  if (id === operator.user.id) throw ownAccount();
  const event = { at: clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo };
  await store.transaction(async (store) => {
    await requireStillAllowed(store, operator, 'users:write', id, ...(await accountsToLock(store, id)));
    const user = await store.users.findById(id);
    if (user === null) throw noSuchMember();
    requireMayChange(operator, user);
    await requireNoOwnMaintainer(store, operator, id);
    precondition(user);
    const tokens = await removeMember(deps, store, { ...event, id, action: 'user.deleted' });
    // Enqueue this mail after the deletion, because the deletion withdraws all mail to the address.
    if (hasJoined(user)) await notifier.accountDeleted(store, { ...event, owner: user, tokens });
  });
  notifier.wake();
}

interface Removal {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
  id: string;
  action: 'user.deleted' | 'user.erased';
}

/**
 * Deletes a member with their tokens, in a transaction that has locked them. Returns the tokens. @throws ProblemError `last-superuser`
 */
export async function removeMember(
  deps: Pick<DeleteMemberDeps, 'auditTrail' | 'notifier'>,
  store: Store,
  { id, action, ...event }: Removal,
): Promise<TokenRecord[]> {
  const { auditTrail } = deps;
  await store.tokens.lockForDeletion(id);
  const tokens = await store.tokens.destroyAllOf(id, event.at, event.actor);
  for (const token of tokens) await auditTrail.tokenRevoked(store, { ...event, token });
  const orphaned = await store.serviceAccounts.onlyMaintainedBy(id);
  if ((await store.users.delete(id, event.at)) === 'last-superuser') throw lastSuperuser();
  await auditTrail.user(store, action, { ...event, user: { id, email: pseudonymOf(id) } });
  await tellOfOrphans(deps, store, { ...event, accounts: orphaned, reason: 'deleted' });
  return tokens;
}

export function ownAccount(): ProblemError {
  return new ProblemError(
    'own-account',
    'You cannot delete your own account. Ask another Organization Superuser to delete it.',
  );
}
