import { ProblemError } from '../../../shared/problem.ts';
import { pseudonymOf } from '../../../shared/pseudonym.ts';
import type { Store } from '../../store/store.ts';
import { actorOf, type Caller, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import { type DeleteMemberDeps, ownAccount, removeMember } from './delete-member.ts';
import { noSuchMember } from './problems.ts';

type Person = Parameters<Store['erasure']['replaceAddresses']>[0];

/** Deletes the files of mails that contain one of these email addresses. */
export type DeleteMailsNaming = (addresses: readonly string[]) => Promise<void>;

export interface EraseMemberDeps extends DeleteMemberDeps {
  deleteMailsNaming: DeleteMailsNaming;
}

/** A checkpoint waits some seconds for a reader, so this is half a minute. A backup of a large database takes longer. */
const maxOverwrites = 20;

/**
 * Deletes a disabled member, and puts their pseudonym in place of their address in every text of the database. Sends them no mail. Of a
 * member who was deleted before, erases what the last mail to them holds. It can be repeated if it fails half-way:
 *
 * 1. Replace the addresses in all tables, while the database still knows them.
 * 2. Delete the member, in one transaction.
 * 3. Replace the addresses in what was written in the meantime, and delete mails in files.
 * 4. Overwrite what was deleted.
 *
 * @throws ProblemError `superuser-required`, `user-not-found`, `own-account`, `disable-first`, `unavailable` (it was done, but a backup still
 * reads the old content)
 */
export async function eraseMember(deps: EraseMemberDeps, caller: Caller, id: string): Promise<void> {
  const { store, clock, notifier } = deps;
  requireSuperuser(caller);
  if (id === caller.user.id) throw ownAccount();
  const person = await store.erasure.find(id);
  if (person === null) throw noSuchMember();
  requireDisabled(await store.users.findById(id));
  await store.erasure.replaceAddresses(person);
  const event = { at: clock.now(), actor: actorOf(caller.user), clientInfo: caller.clientInfo };
  await store.transaction(async (store) => {
    await requireStillSuperuser(store, caller, id);
    const user = await store.users.findById(id);
    requireDisabled(user);
    if (user !== null) await removeMember(deps, store, { ...event, id, action: 'user.erased' });
    else await deps.auditTrail.user(store, 'user.erased', { ...event, user: { id, email: pseudonymOf(id) } });
    await store.erasure.deleteLastMail(id);
  });
  notifier.wake();
  await removeTraces(deps, person);
}

async function removeTraces({ store, deleteMailsNaming }: EraseMemberDeps, person: Person): Promise<void> {
  await store.erasure.replaceAddresses(person);
  if (person.addresses.length > 0) await deleteMailsNaming(person.addresses);
  await overwriteDeleted(store);
}

async function overwriteDeleted({ erasure }: Pick<Store, 'erasure'>): Promise<void> {
  for (let tries = 0; tries < maxOverwrites; tries += 1) {
    if (await erasure.overwriteDeleted()) return;
  }
  throw new ProblemError(
    'unavailable',
    'The member is erased, but another process still reads the old content of the database. Erase the member again by ID once it has ended.',
  );
}

/** @throws ProblemError `disable-first` */
function requireDisabled(user: { disabled: boolean } | null): void {
  if (user === null || user.disabled) return;
  throw new ProblemError(
    'disable-first',
    'Only a disabled member can be erased. Disable or offboard the member first.',
  );
}
