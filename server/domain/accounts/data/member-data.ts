import { createBoundedQueue } from '../../../bounded-queue.ts';
import { StoreBusy } from '../../../store/errors.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type Caller, requireStillSuperuser, requireSuperuser } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { noSuchMember } from '../problems.ts';

type Page = Awaited<ReturnType<Store['memberData']['page']>>;

/** Some rows of one part, such as `tokens`. The rows of a part may come in several pages, one after the other. */
export type StoredRows = Pick<Page, 'part' | 'rows'>;

/** Reads all that is stored about a member. */
export interface MemberData {
  /**
   * Returns all that is stored about a member, page by page. A superuser may read it of every member, also of a deleted one, and other members their
   * own. Reading another member's is recorded. No part holds a secret. The first page is read before this returns, so that most errors come before
   * the first row.
   *
   * @throws ProblemError `superuser-required`, `user-not-found`
   * @throws StoreBusy while too many pages wait
   */
  read(caller: Caller, id: string): Promise<AsyncIterable<StoredRows>>;
}

/** Reads one page at a time, so that other requests get their turns. A read that has begun goes first and is never refused. */
const pageQueue = { concurrency: 1, maxWaiting: 20, maxWaitMs: 1_500 } as const;

interface MemberDataDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
}

export function createMemberData({ store, clock, auditTrail }: MemberDataDeps): MemberData {
  const enqueue = createBoundedQueue({ ...pageQueue, refusal: () => new StoreBusy('Too many reads of data wait.') });

  async function record(caller: Caller, user: { id: string; email: string }): Promise<void> {
    const event = { at: clock.now(), actor: actorOf(caller.user), clientInfo: caller.clientInfo, user };
    await store.transaction(async (store) => {
      await requireStillSuperuser(store, caller);
      await auditTrail.user(store, 'user.data_read', event);
    });
  }

  return {
    async read(caller, id) {
      const isOwn = id === caller.user.id;
      if (!isOwn) requireSuperuser(caller);
      const subject = await store.memberData.find(id);
      if (subject === null) throw noSuchMember();
      const first = await enqueue(() => store.memberData.page(subject, { part: 0, token: null, after: null }));
      if (!isOwn) await record(caller, subject);
      return (async function* () {
        let page: Page = first;
        yield page;
        for (let { next } = page; next !== null; next = page.next) {
          const place = next;
          page = await enqueue(() => store.memberData.page(subject, place), { urgent: true });
          yield page;
        }
      })();
    },
  };
}
