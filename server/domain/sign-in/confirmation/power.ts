import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Operator } from '../../caller.ts';
import { confirmedActions, requireConfirmed } from './required.ts';

type Roles = Pick<UserRecord, 'superuser' | 'auditor'>;

/** The roles of somebody who is not a member yet. */
export const nobody: Roles = { superuser: false, auditor: false };

/** A member and their roles before and after a change. A role that the change does not mention stays. */
interface RoleChange {
  member: Pick<UserRecord, 'name' | 'email'>;
  before: Roles;
  after: { superuser?: boolean | undefined; auditor?: boolean | undefined };
}

/**
 * Requires a confirmation if the change gives a member the role of superuser or auditor. See `requireConfirmed`.
 * @throws ProblemError `confirmation-required`, `not-authenticated`
 */
export async function requireConfirmedPower(
  store: Pick<Store, 'sessions'>,
  operator: Operator,
  now: number,
  { member, before, after }: RoleChange,
): Promise<void> {
  if (after.superuser && !before.superuser) {
    await requireConfirmed(store, operator, now, confirmedActions.promote(member));
  } else if (after.auditor && !before.auditor) {
    await requireConfirmed(store, operator, now, confirmedActions.makeAuditor(member));
  }
}
