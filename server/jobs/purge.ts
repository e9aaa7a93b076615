import { limits } from '../../shared/limits.ts';
import type { Clock } from '../domain/clock.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

const rowsPerStatement = 500;

/** Deletes what has outlived its purpose, in small statements, so that nobody waits behind them. */
export function createPurge({ store, clock }: { store: Store; clock: Clock }): Job {
  return {
    name: 'purge',
    everyMs: 10 * 60 * 1000,
    async run(signal) {
      const now = clock.now();
      const batches = [
        () => store.tokens.purgeTombstones(now - limits.tombstoneKept, rowsPerStatement),
        () => store.idempotency.purge(now - limits.idempotencyWindow, rowsPerStatement),
        () => store.sessions.purge(now, now - limits.sessionIdle, rowsPerStatement),
        () => store.tickets.purge(now, rowsPerStatement),
        () => store.deviceCodes.purge(now - limits.deviceCodeLife, rowsPerStatement),
        () => store.purgeCounts(now, rowsPerStatement),
        () => store.outbox.purgeSent(now - limits.sentMailKept, rowsPerStatement),
      ];
      for (const batch of batches) while (!signal.aborted && (await batch()) === rowsPerStatement);
    },
  };
}
