import { limits } from '../../../../shared/limits.ts';
import { foldName } from '../../../../shared/names.ts';
import { type FieldError, ProblemError } from '../../../../shared/problem.ts';
import type { EditServiceAccountBody } from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';

type MaintainerChanges = Pick<EditServiceAccountBody, 'maintainers' | 'add_maintainers' | 'remove_maintainers'>;

/**
 * Applies the changes of maintainers in a body to a locked service account, and returns its maintainers.
 * @throws ProblemError `invalid-fields` if an email address belongs to no member, or would be one too many
 */
export async function changeMaintainers(
  store: Store,
  id: string,
  { maintainers, add_maintainers: added = [], remove_maintainers: removed = [] }: MaintainerChanges,
): Promise<UserRecord[]> {
  const { serviceAccounts } = store;
  const present = await serviceAccounts.maintainers(id);
  if (maintainers === undefined && added.length === 0 && removed.length === 0) return present;
  const wanted = await findMembers(store, maintainers ?? added, maintainers ? '/maintainers' : '/add_maintainers');
  const unwanted =
    maintainers === undefined
      ? findPresent(present, removed)
      : present.filter(({ id }) => !wanted.some((member) => member.id === id));
  for (const member of unwanted) await serviceAccounts.removeMaintainer(id, member.id);
  // In the order of their IDs, in which every transaction locks several members.
  for (const member of wanted.sort((a, b) => (a.id < b.id ? -1 : 1)))
    await serviceAccounts.addMaintainer(id, member.id);
  const changed = await serviceAccounts.maintainers(id);
  if (changed.length > limits.maxMaintainers) throw tooManyMaintainers();
  return changed;
}

async function findMembers(store: Store, emails: readonly string[], pointer: string): Promise<UserRecord[]> {
  const found = await Promise.all(emails.map((email) => store.users.findByEmail(foldName(email))));
  requireAll(emails, found, (email, index) => ({
    pointer: `${pointer}/${index}`,
    detail: `There is no member with the email address ${email}.`,
  }));
  return found.filter((member) => member !== null);
}

function findPresent(present: readonly UserRecord[], emails: readonly string[]): UserRecord[] {
  const found = emails.map((email) => present.find(({ emailFolded }) => emailFolded === foldName(email)) ?? null);
  requireAll(emails, found, (email, index) => ({
    pointer: `/remove_maintainers/${index}`,
    detail: `${email} does not maintain this service account.`,
  }));
  return found.filter((member) => member !== null);
}

function requireAll(
  emails: readonly string[],
  found: ReadonlyArray<UserRecord | null>,
  problem: (email: string, index: number) => FieldError,
): void {
  const errors = emails.flatMap((email, index) => (found[index] === null ? [problem(email, index)] : []));
  if (errors.length === 0) return;
  throw new ProblemError('invalid-fields', errors.map(({ detail }) => detail).join(' '), { errors });
}

function tooManyMaintainers(): ProblemError {
  const detail = `A service account has at most ${limits.maxMaintainers} maintainers.`;
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/add_maintainers', detail }] });
}
