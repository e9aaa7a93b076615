import type { Scope } from '../../../../shared/scopes.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, readsEverything, requireScope, requireSuperuser } from '../../caller.ts';
import { noSuchServiceAccount } from './problems.ts';

type Accounts = Pick<Store, 'serviceAccounts'>;

/**
 * Returns a service account for its maintainers, superusers, auditors and management keys with the scope. Everyone else gets the error of one
 * that does not exist, so that names cannot be probed. Before a change, call `findServiceAccountToChange` instead.
 *
 * @throws ProblemError `service-account-not-found`, `scope-missing`
 */
export async function findServiceAccount(
  store: Accounts,
  operator: Operator,
  scope: Scope,
  wanted: { id: string } | { name: string },
): Promise<UserRecord> {
  const { serviceAccounts } = store;
  const account = await ('id' in wanted
    ? serviceAccounts.findById(wanted.id)
    : serviceAccounts.findByName(wanted.name));
  if (isKey(operator)) requireScope(operator, scope);
  if (account === null || !(await seesServiceAccount(store, operator, account.id))) throw noSuchServiceAccount();
  return account;
}

/**
 * Returns a service account as `findServiceAccount` does, but refuses an auditor who does not maintain it. A new token changes its owner, too.
 *
 * @throws ProblemError `service-account-not-found`, `scope-missing`, `superuser-required`
 */
export async function findServiceAccountToChange(
  ...wanted: Parameters<typeof findServiceAccount>
): Promise<UserRecord> {
  const [store, operator] = wanted;
  const account = await findServiceAccount(...wanted);
  if (isKey(operator) || (await maintains(store, operator, account.id))) return account;
  // The maintainer may have been removed since the account was found.
  if (!readsEverything(operator)) throw noSuchServiceAccount();
  requireSuperuser(operator);
  return account;
}

async function seesServiceAccount(store: Accounts, operator: Operator, id: string): Promise<boolean> {
  return readsEverything(operator) || (await maintains(store, operator, id));
}

/**
 * Reports whether the operator looks after a service account. A management key maintains none, so that it cannot do what is left to
 * maintainers.
 */
export async function maintains({ serviceAccounts }: Accounts, operator: Operator, id: string): Promise<boolean> {
  return !isKey(operator) && serviceAccounts.isMaintainer(id, operator.user.id);
}
