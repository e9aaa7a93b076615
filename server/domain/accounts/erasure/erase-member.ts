import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '../../../../shared/problem.ts';
import { pseudonymOf } from '../../../pseudonym.ts';
import type { Store } from '../../../store/store.ts';
import { actorOf, type Caller, requireStillSuperuser, requireSuperuser } from '../../caller.ts';
import { type DeleteMemberDeps, ownAccount, removeMember } from '../delete-member.ts';
import { noSuchMember } from '../problems.ts';
import type { Erasures } from './erasures.ts';

export interface EraseMemberDeps extends DeleteMemberDeps {
  erasures: Pick<Erasures, 'finish'>;
}

/** Proxies give up a request after 30 seconds or later. */
const maxWaitMs = 20_000;

/**
 * Deletes a disabled member, and puts their pseudonym in place of their address in every text of the database. Sends them no mail. Of a
 * member who was deleted before, erases what the last mail to them holds.
 *
 * 1. Delete the member and record what is left to do, in one transaction. From now on, a job finishes the work if this process dies.
 * 2. Replace the addresses in all tables, delete mails in files, and overwrite what was deleted (`erasures.ts`).
 *
 * Returns true once all of it is done, and false if it takes longer than some seconds and goes on. Call it again then.
 *
 * @throws ProblemError `superuser-required`, `user-not-found`, `own-account`, `disable-first`
 */
export async function eraseMember(deps: EraseMemberDeps, caller: Caller, id: string): Promise<boolean> {
  const { store, notifier, erasures } = deps;
  requireSuperuser(caller);
  if (id === caller.user.id) throw ownAccount();
  if ((await store.erasure.isFinished(id)) !== false) {
    await begin(deps, caller, id);
    notifier.wake();
  }
  const waiting = new AbortController();
  const late = sleep(maxWaitMs, false, { signal: waiting.signal, ref: false }).catch(() => false);
  // The member is deleted by now. If a later step fails, the job repeats it, and logs an error that comes again.
  const done = erasures.finish(id).catch(() => false);
  return Promise.race([done, late]).finally(() => waiting.abort());
}

async function begin(deps: EraseMemberDeps, caller: Caller, id: string): Promise<void> {
  const { store, clock, auditTrail } = deps;
  const at = clock.now();
  const event = { at, actor: actorOf(caller.user), clientInfo: caller.clientInfo };
  await store.transaction(async (store) => {
    await requireStillSuperuser(store, caller, id);
    const person = await findDisabled(store, id);
    // Read the addresses before the deletion. Afterwards the database no longer knows whose they were.
    await store.erasure.begin(person, at);
    const isMember = (await store.users.findById(id)) !== null;
    if (isMember) await removeMember(deps, store, { ...event, id, action: 'user.erased' });
    else await auditTrail.user(store, 'user.erased', { ...event, user: { id, email: pseudonymOf(id) } });
    await store.erasure.deleteLastMail(id);
  });
}

/** @throws ProblemError `user-not-found`, `disable-first` */
async function findDisabled(store: Store, id: string) {
  const person = await store.erasure.find(id);
  if (person === null) throw noSuchMember();
  const user = await store.users.findById(id);
  if (user === null || user.disabled) return person;
  throw new ProblemError(
    'disable-first',
    'Only a disabled member can be erased. Disable or offboard the member first.',
  );
}
