import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../notifier.ts';
import type { ShortLivedEvent } from './short-lived-mails.ts';

const maxMembersPerBatch = 100;

/** Queues the common mails about short-lived tokens. */
export interface ShortLivedMails {
  /** Queues one mail for each window that has closed with events in it. Stops early once `signal` is aborted. */
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
      const owner = collected.length === 0 ? null : await store.users.findById(userId);
      if (owner === null) return;
      const events = collected.map(({ event }) => JSON.parse(event) as ShortLivedEvent);
      await notifier.shortLivedTokens(store, { at, owner, events });
    });
  }

  return {
    async run(signal) {
      for (let full = true; full && !signal.aborted; ) {
        const members = await store.collectedEvents.membersWithClosedWindows(clock.now(), windowMs, maxMembersPerBatch);
        for (const member of members) if (!signal.aborted) await close(member);
        if (members.length > 0) notifier.wake();
        full = members.length === maxMembersPerBatch;
      }
    },
  };
}
