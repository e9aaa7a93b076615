import { ProblemError } from '../../../shared/problem.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { isKey, notForKeys, type Operator } from '../caller.ts';

/** Fields of a member that a management key may set. It may set no others, so that a new field is closed to keys at first. */
const fieldsForKeys: readonly string[] = ['email', 'name', 'can_manage_tokens', 'groups', 'invite'];
const changesForKeys: readonly string[] = ['name', 'can_manage_tokens', 'groups', 'disabled'];

/** @throws ProblemError `not-for-keys` if the body of a new member has a field that only superusers may set */
export function requireNewFieldsForKeys(body: object): void {
  requireOnly(body, fieldsForKeys);
}

/** @throws ProblemError `not-for-keys` if a change of a member has a field that only superusers may change */
export function requireChangesForKeys(changes: object): void {
  requireOnly(changes, changesForKeys);
}

const fieldNames: Readonly<Record<string, string>> = {
  superuser: 'the role Organization Superuser',
  auditor: 'the role auditor',
  email: 'the email address',
  password: 'the password',
};

function requireOnly(body: object, allowed: readonly string[]): void {
  const closed = Object.keys(body).filter((field) => !allowed.includes(field));
  if (closed.length === 0) return;
  const names = closed.map((field) => fieldNames[field] ?? field);
  const detail = `A management key cannot change ${names.join(' or ')} of a member. Ask an Organization Superuser.`;
  const errors = closed.map((field) => ({ pointer: `/${field}`, detail }));
  throw new ProblemError('not-for-keys', detail, { errors });
}

/** Keeps management keys from superusers. Call it with the member as they are under a lock. @throws ProblemError `not-for-keys` */
export function requireMayChange(operator: Operator, { superuser }: UserRecord): void {
  if (superuser && isKey(operator)) throw notForKeys('A management key cannot change an Organization Superuser.');
}

/**
 * Keeps a management key from deciding who maintains its own service account: it may not disable, enable, delete or offboard such a member.
 * Call it when the key's account is locked. Maintainers who are disabled count too. @throws ProblemError `not-for-keys`
 */
export async function requireNoOwnMaintainer(
  { serviceAccounts }: Pick<Store, 'serviceAccounts'>,
  operator: Operator,
  userId: string,
): Promise<void> {
  if (!isKey(operator)) return;
  const maintainers = await serviceAccounts.maintainers(operator.user.id);
  if (maintainers.some(({ id }) => id === userId)) {
    throw notForKeys('A management key cannot disable, enable or delete a maintainer of its own service account.');
  }
}

/**
 * Keeps a management key from enabling a member who would then look after the management keys of any service account. A superuser may have
 * disabled the member for that reason. Call it with the member as they are under a lock. @throws ProblemError `not-for-keys`
 */
export async function requireEnablesNoMaintainerOfKeys(
  { serviceAccounts }: Pick<Store, 'serviceAccounts'>,
  operator: Operator,
  { id, disabled }: UserRecord,
  now: number,
): Promise<void> {
  if (!isKey(operator) || !disabled) return;
  if (await serviceAccounts.maintainsKeys(id, now)) {
    throw notForKeys('A management key cannot enable a maintainer of a service account that owns management keys.');
  }
}
