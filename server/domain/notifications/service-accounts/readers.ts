import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Reader } from '../member-mail.ts';

/**
 * Returns who reads the mails about an owner's tokens: the member, or the enabled maintainers of a service account. If none is left, all
 * superusers read them, so that somebody does.
 */
export async function readersOf(store: Store, owner: UserRecord): Promise<Reader[]> {
  if (owner.kind === 'member') return [{ ...owner, because: 'owner' }];
  const maintainers = (await store.serviceAccounts.maintainers(owner.id)).filter(({ disabled }) => !disabled);
  if (maintainers.length > 0) return maintainers.map((reader) => ({ ...reader, because: 'maintainer' }));
  return (await store.users.superusers()).map((reader) => ({ ...reader, because: 'superuser' }));
}
