import type { Log } from '../../observability/log.ts';
import type { DueWebhook } from '../../store/records.ts';
import type { Job } from '../runner.ts';
import type { DeliverDeps } from './batch.ts';
import { deliverBatch } from './deliver-batch.ts';

export const sendWebhooksJob = 'send-webhooks';

/**
 * Creates the job that sends events to webhooks. Each webhook that has something to send gets a lane, so that a receiver that is slow or
 * dead delays no other:
 *
 * 1. Every second, the job starts a lane for each webhook that has due deliveries and none yet.
 * 2. A lane sends batch after batch. It ends when nothing is due, or when an attempt fails.
 * 3. After a failure, the webhook pauses: 5 s, 10 s … 5 min. Then one delivery is attempted, and if it succeeds, all that are due.
 *
 * Each delivery also has times of its own at which it is attempted again (`nextAttemptAt`), so that one event that a receiver
 * does not accept delays the others by 5 seconds only. Leases keep the daemons of one database from sending the same delivery.
 *
 * `drain` resolves when all lanes have ended. Stop the job first.
 */
export function createSendWebhooks(deps: DeliverDeps & { log: Log }): { job: Job; drain(): Promise<void> } {
  const lanes = new Map<string, Promise<void>>();

  async function runLane({ id, failures }: DueWebhook, signal: AbortSignal): Promise<void> {
    let limit = failures > 0 ? 1 : maxBatchSize;
    try {
      while (!signal.aborted && (await deliverBatch(deps, { id, limit }, signal))) limit = maxBatchSize;
    } catch (err) {
      // The lease of the batch ends by itself, and the deliveries are sent again.
      deps.log.error({ err, webhook: id }, 'events could not be sent to a webhook; they will be retried');
    } finally {
      lanes.delete(id);
    }
  }

  return {
    job: {
      name: sendWebhooksJob,
      everyMs: 1000,
      async run(signal) {
        for (const webhook of await deps.store.webhooks.due(deps.clock.now())) {
          if (!lanes.has(webhook.id)) lanes.set(webhook.id, runLane(webhook, signal));
        }
      },
    },
    async drain() {
      await Promise.all(lanes.values());
    },
  };
}

/** Their results are stored together. After a crash, at most these are sent twice. */
const maxBatchSize = 20;
