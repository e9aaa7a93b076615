import type { DeadLetter } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type Caller, requireSuperuser } from '../caller.ts';

/** Mails that were given up. @throws ProblemError `superuser-required` */
export interface DeadLetters {
  /** How many there are, and the newest. */
  look(caller: Caller): Promise<{ count: number; newest: DeadLetter[] }>;
}

const shown = 5;

export function createDeadLetters({ store }: { store: Store }): DeadLetters {
  return {
    async look(caller) {
      requireSuperuser(caller);
      const newest = await store.outbox.deadLetters(shown);
      const count = newest.length < shown ? newest.length : (await store.outbox.backlog()).dead;
      return { count, newest };
    },
  };
}
