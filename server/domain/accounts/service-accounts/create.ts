import { serviceAccountIdentity } from '../../../../shared/names.ts';
import type { CreateServiceAccountBody } from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type Operator, requireScope, requireStillAllowed } from '../../caller.ts';
import { changesBetween } from '../../changed-fields.ts';
import { groupsText } from '../groups.ts';
import { auditedFields, noFields } from './fields.ts';
import { changeMaintainers, notifyMaintainers } from './maintainers.ts';
import { serviceAccountNameTaken } from './problems.ts';
import { record, type ServiceAccountDeps } from './record.ts';

/** Creates a service account and returns what `finish` returned. See `ServiceAccounts.create`. */
export async function createServiceAccount<T>(
  deps: ServiceAccountDeps,
  operator: Operator,
  body: CreateServiceAccountBody,
  finish: (id: string, store: Store) => Promise<T>,
): Promise<T> {
  requireScope(operator, 'service-accounts');
  const account = newServiceAccount(deps, body);
  return deps.store.transaction(async (store) => {
    await requireStillAllowed(store, operator, 'service-accounts');
    if (!(await store.serviceAccounts.insert(account))) throw serviceAccountNameTaken();
    const changed = await changeMaintainers(store, operator, account.id, { maintainers: body.maintainers }, () => {});
    const changes = changesBetween(noFields, auditedFields({ account, maintainers: changed.maintainers }));
    await record(deps, store, operator, { action: 'service_account.created', account, changes });
    await notifyMaintainers(deps, store, operator, account, changed);
    return finish(account.id, store);
  });
}

export function newServiceAccount(
  { newId, clock }: Pick<ServiceAccountDeps, 'newId' | 'clock'>,
  { name, description, groups }: Pick<CreateServiceAccountBody, 'name' | 'description' | 'groups'>,
): UserRecord {
  const identity = serviceAccountIdentity(name);
  return {
    id: newId(),
    kind: 'service-account',
    email: identity,
    emailFolded: identity,
    name,
    description: description || null,
    superuser: false,
    auditor: false,
    disabled: false,
    canManageTokens: true,
    passwordHash: null,
    passwordUntilSso: false,
    sso: false,
    ssoSignedInAt: null,
    totpEnabledAt: null,
    passkeyCount: 0,
    ssoGroups: null,
    manualGroups: groupsText(groups ?? []),
    createdAt: clock.now(),
    invitedAt: null,
    joinedAt: null,
    disabledAt: null,
  };
}
