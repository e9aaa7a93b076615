import type { ServiceAccountSummary } from '../../../store/records.ts';
import { type Operator, operatorActor, requireScope, requireStillAllowed } from '../../caller.ts';
import { deleteTrustsOf } from '../../machines/trusts.ts';
import { noPrecondition, type Precondition } from '../../precondition.ts';
import { requireUnchanged } from './edit.ts';
import { requireAnother, requireOwnsNoKey } from './for-keys.ts';
import { noSuchServiceAccount } from './problems.ts';
import { record, type ServiceAccountDeps } from './record.ts';

/** Deletes a service account with its tokens and its trusts. See `ServiceAccounts.delete`. */
export async function deleteServiceAccount(
  deps: ServiceAccountDeps,
  operator: Operator,
  id: string,
  precondition: Precondition<ServiceAccountSummary> = noPrecondition,
): Promise<void> {
  const { store, clock, auditTrail, notifier } = deps;
  requireScope(operator, 'service-accounts');
  requireAnother(operator, id);
  const { clientInfo, channel } = operator;
  const event = { at: clock.now(), actor: operatorActor(operator), clientInfo };
  await store.transaction(async (store) => {
    await requireStillAllowed(store, operator, 'service-accounts', id);
    const account = await store.serviceAccounts.lock(id);
    if (account === null) throw noSuchServiceAccount();
    await requireOwnsNoKey(store, operator, id, event.at);
    await requireUnchanged(store, id, precondition);
    // Revoke exchanged tokens first, because nobody gets a mail about them.
    await deleteTrustsOf(deps, store, id, event);
    const tokens = await store.tokens.destroyAllOf(id, event.at, event.actor);
    for (const token of tokens) await auditTrail.tokenRevoked(store, { ...event, token });
    // Enqueue the mail before the deletion. Afterwards nobody maintains the account.
    await notifier.serviceAccountDeleted(store, { ...event, channel, owner: account, tokens });
    if (!(await store.serviceAccounts.delete(id, event.at))) throw noSuchServiceAccount();
    await record(deps, store, operator, { action: 'service_account.deleted', account });
  });
}
