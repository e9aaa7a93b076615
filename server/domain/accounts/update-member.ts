import type { AuditAction } from '../../../shared/audit-actions.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { UpdateUserBody } from '../../../shared/schemas/accounts/users.ts';
import type { Actor, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { type ClientInfo, type Operator, operatorActor, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { noPrecondition, type Precondition } from '../precondition.ts';
import { requireConfirmedPower } from '../sign-in/confirmation/power.ts';
import { confirmedActions, requireConfirmed } from '../sign-in/confirmation/required.ts';
import { endAllSessions } from '../sign-in/end-sessions.ts';
import { changeEmail } from './change-email.ts';
import { requireEnablesNoMaintainerOfKeys, requireMayChange, requireNoOwnMaintainer } from './for-keys.ts';
import { groupsChange, groupsText } from './groups.ts';
import { lastSuperuser, noSuchMember } from './problems.ts';
import { accountsToLock, tellOfOrphans } from './service-accounts/orphaned.ts';

export interface UpdateMemberDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  notifier: Notifier;
}

/** What else happens in the transaction that changes a member. */
export interface MemberChange<T> {
  precondition?: Precondition<UserRecord>;
  finish(store: Store): Promise<T>;
}

/**
 * Applies all changes or none, and returns what `finish` returned. Call `Notifier.wake` afterwards.
 *
 * @throws ProblemError `superuser-required`, `scope-missing`, `not-for-keys`, `user-not-found`, `own-account`, `last-superuser`,
 * `email-taken`, `email-from-sso`, `changed-meanwhile`, `confirmation-required`
 */
export async function updateMember<T>(
  deps: UpdateMemberDeps,
  operator: Operator,
  id: string,
  changes: UpdateUserBody,
  { precondition = noPrecondition, finish }: MemberChange<T>,
): Promise<T> {
  const event = { at: deps.clock.now(), actor: operatorActor(operator), clientInfo: operator.clientInfo };
  return deps.store.transaction(async (store) => {
    const besides = changes.disabled ? await accountsToLock(store, id) : [];
    await requireStillAllowed(store, operator, 'users:write', id, ...besides);
    const user = await store.users.findById(id);
    if (user === null) throw noSuchMember();
    requireMayChange(operator, user);
    if (changes.disabled !== undefined) await requireNoOwnMaintainer(store, operator, id);
    if (changes.disabled === false) await requireEnablesNoMaintainerOfKeys(store, operator, user, event.at);
    precondition(user);
    await requireConfirmedPower(store, operator, event.at, { member: user, before: user, after: changes });
    await requireMayChangeEmail(store, operator, event.at, user, changes.email);
    const orphaned = changes.disabled ? await store.serviceAccounts.onlyMaintainedBy(id) : [];
    await applyChanges(deps, store, changesOf(changes), { ...event, user });
    await changeGroups(deps, store, changes.groups, { ...event, user });
    if (changes.email !== undefined) await changeEmail(deps, store, { ...event, user, email: changes.email });
    if (changes.disabled) await endAllSessions(store, id);
    await tellOfOrphans(deps, store, { ...event, accounts: orphaned, reason: 'disabled' });
    return finish(store);
  });
}

interface MemberEvent {
  user: UserRecord;
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
}

/** Applies each change, and records those that changed something. @throws ProblemError `last-superuser` */
async function applyChanges(
  { auditTrail }: Pick<UpdateMemberDeps, 'auditTrail'>,
  store: Store,
  changes: readonly Change[],
  event: MemberEvent,
): Promise<void> {
  for (const { apply, action } of changes) {
    const changed = await apply(store, event.user.id, event.at);
    if (changed === 'last-superuser') throw lastSuperuser();
    if (changed) await auditTrail.user(store, action, event);
  }
}

/** Gives the member these groups in place of those that superusers gave before. Groups from the identity provider stay. */
async function changeGroups(
  { auditTrail }: Pick<UpdateMemberDeps, 'auditTrail'>,
  store: Store,
  groups: readonly string[] | undefined,
  event: MemberEvent,
): Promise<void> {
  if (groups === undefined) return;
  const { id, manualGroups } = event.user;
  const text = groupsText(groups);
  if (!(await store.users.setManualGroups(id, text))) return;
  await auditTrail.groupsChanged(store, { ...event, changes: groupsChange('manual_groups', manualGroups, text) });
}

/**
 * Anyone who reads mail at the new address can set the member's password. A stolen session must therefore not move its own
 * account, or that of another member, to another address. @throws ProblemError `own-account`, `confirmation-required`
 */
async function requireMayChangeEmail(
  store: Store,
  operator: Operator,
  now: number,
  user: UserRecord,
  email = user.email,
): Promise<void> {
  if (email === user.email) return;
  if (user.id !== operator.user.id) {
    return requireConfirmed(store, operator, now, confirmedActions.changeEmail(user));
  }
  const detail =
    'You cannot change your own email address here. Change it on your profile with your password, or ask another Organization Superuser.';
  throw new ProblemError('own-account', detail, { errors: [{ pointer: '/email', detail }] });
}

interface Change {
  action: AuditAction;
  apply(store: Store, id: string, at: number): Promise<boolean | 'last-superuser'>;
}

function changesOf({ name, can_manage_tokens: permission, superuser, auditor, disabled }: UpdateUserBody): Change[] {
  const list: Change[] = [];
  if (name !== undefined) {
    list.push({ action: 'user.renamed', apply: (store, id) => store.users.setName(id, name) });
  }
  if (permission !== undefined) {
    const action = permission ? 'user.permission_granted' : 'user.permission_removed';
    list.push({ action, apply: (store, id) => store.users.setCanManageTokens(id, permission) });
  }
  if (superuser !== undefined) {
    const action = superuser ? 'user.promoted' : 'user.demoted';
    list.push({ action, apply: (store, id) => store.users.setSuperuser(id, superuser) });
  }
  if (auditor !== undefined) {
    const action = auditor ? 'user.auditor_granted' : 'user.auditor_removed';
    list.push({ action, apply: (store, id) => store.users.setAuditor(id, auditor) });
  }
  if (disabled !== undefined) {
    const action = disabled ? 'user.disabled' : 'user.enabled';
    list.push({ action, apply: (store, id, at) => setDisabled(store, id, disabled ? at : null) });
  }
  return list;
}

/** Disables the member at this time, or enables them if it is null. */
async function setDisabled(store: Store, id: string, disabledAt: number | null): Promise<boolean | 'last-superuser'> {
  const changed = await store.users.setDisabled(id, disabledAt !== null);
  if (changed === true) await store.users.setDates(id, { disabledAt });
  return changed;
}
