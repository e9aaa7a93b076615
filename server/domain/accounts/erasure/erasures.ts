import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';

/** What an erasure deletes in files of mails. */
export interface ErasedFromMails {
  salt: string;
  /** Salted hashes of the email addresses. */
  hashes: readonly string[];
  /** Leaves alone later mails, which may be to a new member with the address. */
  writtenBefore: number;
}

/** Deletes the files of mails that contain one of the email addresses. */
export type DeleteMailsNaming = (erased: readonly ErasedFromMails[]) => Promise<void>;

export interface Erasures {
  /**
   * Finishes the erasure of a member. Returns false if another process is finishing it, or if somebody still reads the old
   * content of the database.
   */
  finish(id: string, signal?: AbortSignal): Promise<boolean>;
  /** Finishes the erasures of processes that died. */
  finishAll(signal: AbortSignal): Promise<void>;
  /** Deletes the files of mails that name members whom other nodes erased. Call it every minute. */
  deleteMails(): Promise<void>;
}

interface ErasuresDeps {
  store: Pick<Store, 'erasure'>;
  clock: Clock;
  deleteMailsNaming: DeleteMailsNaming;
}

/** Every statement of an erasure takes less time than this. */
const leaseMs = 30_000;
const extendEveryMs = 5_000;

/** A mail that was being sent when the erasure began is written within this time. */
const maxSendMs = 10 * 60 * 1000;

/** Creates the functions that finish erasures. They take the steps in `erase-member.ts` in the same order. */
export function createErasures({ store, clock, deleteMailsNaming }: ErasuresDeps): Erasures {
  const { erasure } = store;
  /** Erasures whose files this process has deleted, and of which no other mail can be written. */
  const handled = new Set<string>();

  function lease(id: string, signal?: AbortSignal): () => Promise<void> {
    let extendedAt = clock.now();
    return async () => {
      signal?.throwIfAborted();
      const now = clock.now();
      if (Math.abs(now - extendedAt) < extendEveryMs) return;
      extendedAt = now;
      await erasure.extend(id, now + leaseMs);
    };
  }

  async function finish(id: string, signal?: AbortSignal): Promise<boolean> {
    const now = clock.now();
    const claimed = await erasure.claim(id, { now, until: now + leaseMs });
    if (claimed === null) return (await erasure.isFinished(id)) ?? true;
    await erasure.replaceAddresses(claimed, lease(id, signal));
    await deleteMailsNaming([{ ...claimed, writtenBefore: Number.POSITIVE_INFINITY }]);
    await erasure.forgetAddresses(id);
    if (!(await erasure.overwriteDeleted())) return false;
    await erasure.finish(id, clock.now());
    return true;
  }

  return {
    finish,
    async finishAll(signal) {
      for (const id of await erasure.unfinished(clock.now())) {
        if (signal.aborted) return;
        await finish(id, signal);
      }
    },
    async deleteMails() {
      const now = clock.now();
      const erased = (await erasure.recent(0)).filter(({ id }) => !handled.has(id));
      if (erased.length === 0) return;
      await deleteMailsNaming(erased.map((each) => ({ ...each, writtenBefore: each.begunAt + maxSendMs })));
      for (const { id, begunAt } of erased) if (now >= begunAt + maxSendMs) handled.add(id);
    },
  };
}
