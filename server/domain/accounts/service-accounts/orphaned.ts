import type { Actor, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { ClientInfo } from '../../caller.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import type { AccountsOrphaned } from '../../notifications/service-accounts/orphaned-mail.ts';

interface Orphaning extends Pick<AccountsOrphaned, 'accounts' | 'reason'> {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
}

/** Mails all superusers about service accounts that nobody maintains any more, in one mail each. */
export async function tellOfOrphans(
  { notifier }: { notifier: Pick<Notifier, 'accountsOrphaned'> },
  store: Store,
  event: Orphaning,
): Promise<void> {
  if (event.accounts.length === 0) return;
  for (const owner of await store.users.superusers()) await notifier.accountsOrphaned(store, { ...event, owner });
}

/**
 * Returns the IDs of the service accounts that a member maintains. A change that disables or deletes the member locks them with the member:
 * otherwise, another maintainer could be removed at the same time, and neither transaction would see that no enabled one is left.
 */
export function accountsToLock({ serviceAccounts }: Pick<Store, 'serviceAccounts'>, userId: string): Promise<string[]> {
  return serviceAccounts.maintainedBy(userId);
}

/** Reports whether a change of maintainers left a service account without an enabled one. */
export function orphans(before: readonly UserRecord[], after: readonly UserRecord[]): boolean {
  const isMaintained = (maintainers: readonly UserRecord[]) => maintainers.some(({ disabled }) => !disabled);
  return isMaintained(before) && !isMaintained(after);
}
