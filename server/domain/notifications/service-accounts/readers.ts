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

/** Returns all superusers and the enabled maintainers of these service accounts, each once. */
export async function superusersAndMaintainers(store: Store, accounts: readonly UserRecord[]): Promise<UserRecord[]> {
  const all = new Map((await store.users.superusers()).map((member) => [member.id, member]));
  for (const account of accounts) {
    for (const { id } of await readersOf(store, account)) {
      const member = all.get(id) ?? (await store.users.findById(id));
      if (member !== null) all.set(id, member);
    }
  }
  return [...all.values()];
}
