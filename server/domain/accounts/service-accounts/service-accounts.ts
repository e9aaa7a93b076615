import type {
  CreateServiceAccountBody,
  EditServiceAccountBody,
} from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { Page, ServiceAccountSummary, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Caller, isKey, type Operator, readsEverything, requireScope, requireSuperuser } from '../../caller.ts';
import { type OfferedNames, offerNames } from '../../offered-names.ts';
import type { Precondition } from '../../precondition.ts';
import { createAddressLimit } from './address-limit.ts';
import { createServiceAccount } from './create.ts';
import { deleteServiceAccount } from './delete.ts';
import { editServiceAccount } from './edit.ts';
import { findServiceAccount } from './find.ts';
import { noSuchServiceAccount } from './problems.ts';
import type { ServiceAccountDeps } from './record.ts';

export interface ServiceAccountQuery extends Page {
  name?: string | undefined;
  /** Selects those without an enabled maintainer. */
  orphaned?: boolean | undefined;
}

/**
 * Owners of tokens that are not people. Superusers and management keys manage all of them. Maintainers look after their own.
 *
 * @throws ProblemError `scope-missing`, in every method
 */
export interface ServiceAccounts {
  /** @throws ProblemError `superuser-required`, `name-taken`, `invalid-fields` */
  create(operator: Operator, body: CreateServiceAccountBody): Promise<ServiceAccountSummary>;
  /** @throws ProblemError `service-account-not-found` */
  get(operator: Operator, id: string): Promise<ServiceAccountSummary>;
  /** Returns service accounts, newest first: all of them for superusers and keys, and those that a member maintains. */
  list(operator: Operator, query: ServiceAccountQuery): Promise<ServiceAccountSummary[]>;
  /** Returns names of enabled service accounts, for a form. @throws ProblemError `superuser-required` */
  offer(caller: Caller): Promise<OfferedNames>;
  /** Returns the service accounts of which a member is the only enabled maintainer. @throws ProblemError `superuser-required` */
  onlyMaintainedBy(caller: Caller, userId: string): Promise<UserRecord[]>;
  /**
   * Applies all changes or none. Maintainers may change the description and the maintainers, and add one of them
   * per call.
   * @throws ProblemError `service-account-not-found`, `superuser-required`, `not-for-keys`, `invalid-fields`, `throttled`, `changed-meanwhile`
   */
  edit(
    operator: Operator,
    id: string,
    body: EditServiceAccountBody,
    precondition?: Precondition<ServiceAccountSummary>,
  ): Promise<ServiceAccountSummary>;
  /**
   * Deletes a service account with its tokens and its trusts. Its name is then free.
   * @throws ProblemError `superuser-required`, `service-account-not-found`, `not-for-keys`
   */
  delete(operator: Operator, id: string, precondition?: Precondition<ServiceAccountSummary>): Promise<void>;
}

export function createServiceAccounts(deps: ServiceAccountDeps): ServiceAccounts {
  const { store, notifier } = deps;
  const addressLimit = createAddressLimit(store.limiter);

  async function summary(id: string, { serviceAccounts }: Pick<Store, 'serviceAccounts'> = store) {
    const account = await serviceAccounts.summary(id);
    if (account === null) throw noSuchServiceAccount();
    return account;
  }

  return {
    async create(operator, body) {
      const created = await createServiceAccount(deps, operator, body, summary);
      notifier.wake();
      return created;
    },

    async get(operator, id) {
      const account = await findServiceAccount(store, operator, 'service-accounts', { id });
      return summary(account.id);
    },

    async list(operator, { limit, before, name, orphaned }) {
      if (isKey(operator)) requireScope(operator, 'service-accounts');
      return store.serviceAccounts.list({
        limit,
        before,
        ...(name !== undefined && { name }),
        ...(orphaned && { orphaned }),
        ...(!readsEverything(operator) && { maintainerId: operator.user.id }),
      });
    },

    async offer(caller) {
      requireSuperuser(caller);
      return offerNames((limit) => store.serviceAccounts.enabledNames(limit));
    },

    async onlyMaintainedBy(caller, userId) {
      requireSuperuser(caller);
      return store.serviceAccounts.onlyMaintainedBy(userId);
    },

    async edit(operator, id, body, precondition) {
      const edited = await addressLimit.attempt(operator, body, (lookedUp) =>
        editServiceAccount(deps, operator, id, body, { precondition, lookedUp, finish: summary }),
      );
      notifier.wake();
      return edited;
    },

    async delete(operator, id, precondition) {
      await deleteServiceAccount(deps, operator, id, precondition);
      notifier.wake();
    },
  };
}
