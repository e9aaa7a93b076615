import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../notifier.ts';
import { forEachMember } from './for-each-member.ts';
import type { ShortLivedEvent } from './short-lived-mails.ts';

/** Queues the common mails about short-lived tokens. */
export interface ShortLivedMails {
  /**
   * Queues one mail for each window that has closed with events in it. Stops early once `signal` is aborted.
   * @throws the first error, after the mails of the other members
   */
  run(signal: AbortSignal): Promise<void>;
}

export function createShortLivedMails(deps: {
  store: Store;
  clock: Clock;
  notifier: Notifier;
  windowMs: number;
}): ShortLivedMails {
  const { store, clock, notifier, windowMs } = deps;

  async function close(userId: string): Promise<void> {
    const at = clock.now();
    await store.transaction(async (store) => {
      const collected = await store.collectedEvents.take(userId, at, windowMs);
      const owner = collected.length === 0 ? null : await store.owners.findById(userId);
      if (owner === null) return;
      const events = collected.map(({ event }) => JSON.parse(event) as ShortLivedEvent);
      await notifier.shortLivedTokens(store, { at, owner, events });
    });
  }

  return {
    run: (signal) =>
      forEachMember(
        {
          next: (page) => store.collectedEvents.membersWithClosedWindows(clock.now(), windowMs, page),
          mail: close,
          wake: notifier.wake,
        },
        signal,
      ),
  };
}
