import { ProblemError } from '../../../shared/problem.ts';
import { pseudonymOf } from '../../../shared/pseudonym.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { type Operator, operatorActor, requireScope, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { requireMayChange, requireNoOwnMaintainer } from './for-keys.ts';
import { hasJoined } from './member-status.ts';
import { lastSuperuser, noSuchMember } from './problems.ts';
import { tellOfOrphans } from './service-accounts/orphaned.ts';

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
  const { store, clock, auditTrail, notifier } = deps;
  requireScope(operator, 'users:write');
  if (id === operator.user.id) throw ownAccount();
  const event = { at: clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo };
  await store.transaction(async (store) => {
    await requireStillAllowed(store, operator, 'users:write', id);
    const user = await store.users.findById(id);
    if (user === null) throw noSuchMember();
    requireMayChange(operator, user);
    await requireNoOwnMaintainer(store, operator, id);
    precondition(user);
    await store.tokens.lockForDeletion(id);
    const tokens = await store.tokens.destroyAllOf(id, event.at, event.actor);
    for (const token of tokens) await auditTrail.tokenRevoked(store, { ...event, token });
    const orphaned = await store.serviceAccounts.onlyMaintainedBy(id);
    const deleted = await store.users.delete(id, event.at);
    if (deleted === 'last-superuser') throw lastSuperuser();
    await auditTrail.user(store, 'user.deleted', { ...event, user: { id, email: pseudonymOf(id) } });
    await tellOfOrphans(deps, store, { ...event, accounts: orphaned, reason: 'deleted' });
    // After the deletion, which withdraws all other mail to the address.
    if (hasJoined(user)) await notifier.accountDeleted(store, { ...event, owner: user, tokens });
  });
  notifier.wake();
}

function ownAccount(): ProblemError {
  return new ProblemError(
    'own-account',
    'You cannot delete your own account. Ask another Organization Superuser to delete it.',
  );
}
