import { limits } from '../../shared/limits.ts';
import type { Config } from '../config/config.ts';
import { systemActor } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { SessionLifetimes } from '../domain/sign-in/session-lifetimes.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

const maxBatchSize = 500;
const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** How long expired tokens stay at most if their lifetime was at most a day. */
const keepShortLivedMs = 60 * 60 * 1000;

interface PurgeDeps {
  store: Store;
  clock: Clock;
  sessionLifetimes: Pick<SessionLifetimes, 'bounds'>;
  config: Pick<Config, 'keepUsage' | 'keepExpired'>;
}

/**
 * Creates the job that deletes expired rows, table by table: batches of 500 until a batch is not full. Each batch is a
 * statement of its own, because one large DELETE would hold locks that other writers wait for.
 */
export function createPurge({ store, clock, sessionLifetimes, config }: PurgeDeps): Job {
  return {
    name: 'purge',
    everyMs: 10 * 60 * 1000,
    async run(signal) {
      const now = clock.now();
      const sessionBounds = sessionLifetimes.bounds();
      const keepMs = config.keepExpired * 1000;
      const purgeExpired = (keptMs: number, shortLived: boolean) =>
        store.tokens.purgeExpired({ before: now - keptMs, shortLived, limit: maxBatchSize }, now, systemActor);
      const purges = [
        () => purgeExpired(keepMs, false),
        () => purgeExpired(Math.min(keepMs, keepShortLivedMs), true),
        () => store.tokens.purgeTombstones(now - limits.tombstoneRetentionMs, maxBatchSize),
        () => store.tokens.purgePreviousValues(now - limits.tombstoneRetentionMs, maxBatchSize),
        () => store.leaks.purge(now - limits.tombstoneRetentionMs, maxBatchSize),
        () => store.erasure.purge(now - limits.spooledMailRetentionMs, maxBatchSize),
        () => store.idempotency.purge(now - limits.idempotencyWindowMs, maxBatchSize),
        () => store.trusts.purgeSubjectTokens(now, maxBatchSize),
        () => store.sessions.purge(sessionBounds, maxBatchSize),
        () => store.tickets.purge(now, maxBatchSize),
        () => store.deviceCodes.purge(now - limits.deviceCodeLifetimeMs, maxBatchSize),
        () => store.purgeCounts(now, maxBatchSize),
        () => store.usage.purgeHours(Math.floor((now - config.keepUsage * 1000) / hourMs), maxBatchSize),
        () => store.usage.purgeDays(Math.floor((now - limits.organizationDayRetentionMs) / dayMs), maxBatchSize),
        () => store.usage.purgeWriters(now - limits.usageWriterRetentionMs, maxBatchSize),
        () => store.deliveries.purge(now - limits.deliveryRetentionMs, maxBatchSize),
        () => store.deliveries.purgeOrphans(maxBatchSize),
        () => store.outbox.purgeSent(now - limits.sentMailRetentionMs, maxBatchSize),
      ];
      for (const purgeBatch of purges) while (!signal.aborted && (await purgeBatch()) === maxBatchSize);
    },
  };
}
