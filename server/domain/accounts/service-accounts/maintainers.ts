import { limits } from '../../../../shared/limits.ts';
import { foldName } from '../../../../shared/names.ts';
import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import type { EditServiceAccountBody } from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { isKey, type Operator, operatorActor } from '../../caller.ts';
import { wrongAddresses } from './problems.ts';
import type { ServiceAccountDeps } from './record.ts';

type MaintainerChanges = Pick<EditServiceAccountBody, 'maintainers' | 'add_maintainers' | 'remove_maintainers'>;

/** The maintainers of a service account after a change, and what each member's part in it was. */
export interface ChangedMaintainers {
  maintainers: UserRecord[];
  added: UserRecord[];
  removed: UserRecord[];
  kept: UserRecord[];
}

/**
 * Applies the changes of maintainers in a body to a locked service account. Calls `lookedUp` before it looks for members by addresses of the
 * body, so that a failure from then on may tell whether they belong to members.
 * @throws ProblemError `invalid-fields` if an email address belongs to no member, or would be one too many
 */
export async function changeMaintainers(
  store: Store,
  operator: Operator,
  id: string,
  body: MaintainerChanges,
  lookedUp: () => void,
): Promise<ChangedMaintainers> {
  const { serviceAccounts } = store;
  const { maintainers, add_maintainers: added = [], remove_maintainers: removed = [] } = body;
  const present = await serviceAccounts.maintainers(id);
  if (maintainers === undefined && added.length === 0 && removed.length === 0) return difference(present, present);
  const pointer = maintainers ? '/maintainers' : '/add_maintainers';
  if (!isKey(operator) && !operator.user.superuser) requireOneNew(present, maintainers ?? added, pointer);
  // Before the lookup, so that the error about a removal does not tell whether an added address belongs to a member.
  const removals = findPresent(present, removed);
  lookedUp();
  const wanted = await findMembers(store, maintainers ?? added, pointer);
  const unwanted =
    maintainers === undefined ? removals : present.filter(({ id }) => !wanted.some((member) => member.id === id));
  for (const member of unwanted) await serviceAccounts.removeMaintainer(id, member.id);
  // In the order of their IDs, in which every transaction locks several members.
  for (const member of wanted.sort((a, b) => (a.id < b.id ? -1 : 1)))
    await serviceAccounts.addMaintainer(id, member.id);
  const changed = await serviceAccounts.maintainers(id);
  if (changed.length > limits.maxMaintainers) throw tooManyMaintainers();
  return difference(present, changed);
}

export function hasChanged({ added, removed }: ChangedMaintainers): boolean {
  return added.length > 0 || removed.length > 0;
}

/** Enqueues the mails about a change of maintainers, if there was one. */
export async function notifyMaintainers(
  { notifier, clock }: Pick<ServiceAccountDeps, 'notifier' | 'clock'>,
  store: Store,
  operator: Operator,
  account: UserRecord,
  changed: ChangedMaintainers,
): Promise<void> {
  if (!hasChanged(changed)) return;
  const { clientInfo, channel } = operator;
  const event = { at: clock.now(), actor: operatorActor(operator), clientInfo, channel, owner: account };
  const { added, removed, kept } = changed;
  await notifier.maintainersChanged(store, { ...event, added, removed, kept });
}

function difference(before: readonly UserRecord[], after: UserRecord[]): ChangedMaintainers {
  const isIn = (members: readonly UserRecord[], { id }: UserRecord) => members.some((member) => member.id === id);
  return {
    maintainers: after,
    added: after.filter((member) => !isIn(before, member)),
    removed: before.filter((member) => !isIn(after, member)),
    kept: after.filter((member) => isIn(before, member)),
  };
}

/**
 * Lets a maintainer add one member per request. The answer names unknown email addresses, so with many in a request, a maintainer could
 * find out who is a member. @throws ProblemError `invalid-fields`
 */
function requireOneNew(present: readonly UserRecord[], emails: readonly string[], pointer: string): void {
  const known = new Set(present.map(({ emailFolded }) => emailFolded));
  const unknown = new Set(emails.map(foldName).filter((email) => !known.has(email)));
  if (unknown.size <= 1) return;
  const detail = 'Only Organization Superusers can add several maintainers at once. Add one per request.';
  throw new ProblemError('invalid-fields', detail, { errors: [{ pointer, detail }] });
}

/** @throws ProblemError `invalid-fields` */
async function findMembers(store: Store, emails: readonly string[], pointer: string): Promise<UserRecord[]> {
  const found = await Promise.all(emails.map((email) => store.users.findByEmail(foldName(email))));
  const errors = errorsOf(emails, found, pointer, (email) => `There is no member with the email address ${email}.`);
  if (errors.length > 0) throw wrongAddresses(errors);
  return found.filter((member) => member !== null);
}

/** @throws ProblemError `invalid-fields` */
function findPresent(present: readonly UserRecord[], emails: readonly string[]): UserRecord[] {
  const found = emails.map((email) => present.find(({ emailFolded }) => emailFolded === foldName(email)) ?? null);
  const pointer = '/remove_maintainers';
  const errors = errorsOf(emails, found, pointer, (email) => `${email} does not maintain this service account.`);
  if (errors.length > 0) throw wrongAddresses(errors);
  return found.filter((member) => member !== null);
}

/** Returns an error for each email address without a member. */
function errorsOf(
  emails: readonly string[],
  found: ReadonlyArray<UserRecord | null>,
  pointer: string,
  detail: (email: string) => string,
): FieldError[] {
  return emails.flatMap((email, index) =>
    found[index] === null ? [{ pointer: `${pointer}/${index}`, detail: detail(email) }] : [],
  );
}

function tooManyMaintainers(): ProblemError {
  const detail = `A service account has at most ${limits.maxMaintainers} maintainers.`;
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/add_maintainers', detail }] });
}
