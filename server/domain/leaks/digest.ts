import type { Store } from '../../store/store.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';

/** Superusers get at most one mail about leaked values in this time. */
const intervalMs = 60 * 60 * 1000;

/** One mail names at most this many, so that mail servers accept it. The next one names the rest. */
const maxPerMail = 1_000;

/**
 * Creates the function that enqueues the mail to all superusers about the values that were reported since the last such mail. Enqueues none
 * within an hour of that. Returns the number of values.
 */
export function createLeakDigest({
  store,
  clock,
  notifier,
}: {
  store: Store;
  clock: Clock;
  notifier: Notifier;
}): () => Promise<number> {
  return async () => {
    const at = clock.now();
    const told = await store.transaction(async (store) => {
      const claimed = await store.leaks.claimUntold(at, intervalMs, maxPerMail);
      if (claimed.length === 0) return 0;
      const leaks = [];
      for (const leak of claimed) leaks.push({ ...leak, owner: await store.owners.findById(leak.ownerId) });
      for (const superuser of await store.users.superusers()) {
        await notifier.leakDigest(store, { at, owner: superuser, leaks });
      }
      return claimed.length;
    });
    if (told > 0) notifier.wake();
    return told;
  };
}
