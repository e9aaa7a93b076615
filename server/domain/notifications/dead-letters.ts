import type { DeadLetter } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../caller.ts';

/** Mails that were given up. */
export interface DeadLetters {
  /** Returns how many dead letters there are, and the newest five. Members who are not superusers get none. */
  summary(caller: Caller): Promise<{ count: number; newest: DeadLetter[] }>;
}

const maxNewest = 5;

export function createDeadLetters({ store }: { store: Store }): DeadLetters {
  return {
    async summary(caller) {
      if (!caller.user.superuser) return { count: 0, newest: [] };
      const newest = await store.outbox.deadLetters(maxNewest);
      const count = newest.length < maxNewest ? newest.length : (await store.outbox.backlog()).dead;
      return { count, newest };
    },
  };
}
