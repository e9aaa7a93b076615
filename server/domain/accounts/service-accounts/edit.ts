import type { EditServiceAccountBody } from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { ServiceAccountSummary, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, operatorActor, requireStillAllowed, requireSuperuser } from '../../caller.ts';
import { changesBetween } from '../../changed-fields.ts';
import { noPrecondition, type Precondition } from '../../precondition.ts';
import { sessionEnded } from '../../sign-in/problems.ts';
import { groupsText } from '../groups.ts';
import { auditedFields } from './fields.ts';
import { findServiceAccountToChange, maintains } from './find.ts';
import { requireAnother, requireOwnsNoKey } from './for-keys.ts';
import { changeMaintainers, hasChanged, notifyMaintainers } from './maintainers.ts';
import { orphans, tellOfOrphans } from './orphaned.ts';
import { noSuchServiceAccount } from './problems.ts';
import { record, type ServiceAccountDeps } from './record.ts';

/** What else happens in the transaction that changes a service account. */
export interface ServiceAccountChange<T> {
  precondition?: Precondition<ServiceAccountSummary> | undefined;
  /** Called before the transaction looks for members by addresses of the body. */
  lookedUp?: () => void;
  finish(id: string, store: Store): Promise<T>;
}

/** Changes a service account and returns what `finish` returned. See `ServiceAccounts.edit`. */
export async function editServiceAccount<T>(
  deps: ServiceAccountDeps,
  operator: Operator,
  id: string,
  body: EditServiceAccountBody,
  { precondition = noPrecondition, lookedUp = () => {}, finish }: ServiceAccountChange<T>,
): Promise<T> {
  await findServiceAccountToChange(deps.store, operator, 'service-accounts', { id });
  if (!isKey(operator) && needsSuperuser(body)) requireSuperuser(operator);
  requireAnother(operator, id);
  return deps.store.transaction(async (store) => {
    const before = await lockForEdit(store, operator, id);
    if (body.disabled !== undefined) await requireOwnsNoKey(store, operator, id, deps.clock.now());
    await requireUnchanged(store, id, precondition);
    const maintainersBefore = await store.serviceAccounts.maintainers(id);
    const from = auditedFields({ account: before, maintainers: maintainersBefore });
    const changed = await changeMaintainers(store, operator, id, body, lookedUp);
    if (hasChanged(changed)) await requireOwnsNoKey(store, operator, id, deps.clock.now());
    const account = await applyFields(store, before, body);
    const changes = changesBetween(from, auditedFields({ account, maintainers: changed.maintainers }));
    if (changes.length > 0) {
      await record(deps, store, operator, { action: 'service_account.changed', account, changes });
    }
    await notifyMaintainers(deps, store, operator, account, changed);
    if (orphans(maintainersBefore, changed.maintainers)) {
      const event = { at: deps.clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo };
      await tellOfOrphans(deps, store, { ...event, accounts: [account], reason: 'removed' });
    }
    const { disabled } = body;
    if (disabled !== undefined && (await store.serviceAccounts.setDisabled(id, disabled))) {
      const action = disabled ? 'service_account.disabled' : 'service_account.enabled';
      await record(deps, store, operator, { action, account });
    }
    return finish(id, store);
  });
}

/** Groups decide what apps the tokens may use. A maintainer could otherwise give themselves more access than they have. */
function needsSuperuser({ groups, disabled }: EditServiceAccountBody): boolean {
  return groups !== undefined || disabled !== undefined;
}

/** Checks a precondition of a service account that is locked. @throws ProblemError `changed-meanwhile` */
export async function requireUnchanged(
  store: Store,
  id: string,
  precondition: Precondition<ServiceAccountSummary>,
): Promise<void> {
  const present = await store.serviceAccounts.summary(id);
  if (present !== null) precondition(present);
}

/**
 * Locks a service account for a change, and checks again that the operator may change it.
 * @throws ProblemError `service-account-not-found`, `superuser-required`, `scope-missing`, `not-authenticated`
 */
async function lockForEdit(store: Store, operator: Operator, id: string): Promise<UserRecord> {
  if (isKey(operator) || operator.user.superuser) await requireStillAllowed(store, operator, 'service-accounts', id);
  const account = await store.serviceAccounts.lock(id);
  if (account === null) throw noSuchServiceAccount();
  if (isKey(operator) || operator.user.superuser) return account;
  if (!(await store.sessions.lock(operator.sessionId))) throw sessionEnded();
  if (!(await maintains(store, operator, id))) throw noSuchServiceAccount();
  return account;
}

/** Stores the fields in a body, and returns the service account after the change. */
async function applyFields(
  { serviceAccounts }: Store,
  before: UserRecord,
  { description, groups }: EditServiceAccountBody,
): Promise<UserRecord> {
  const account = {
    ...before,
    ...(description !== undefined && { description: description || null }),
    ...(groups !== undefined && { manualGroups: groupsText(groups) }),
  };
  await serviceAccounts.setDescription(before.id, account.description);
  await serviceAccounts.setGroups(before.id, account.manualGroups);
  return account;
}
