import { systemActor } from '../../domain/caller.ts';
import { hasFailedForLong, nextAttemptAt, pauseAfter } from '../../domain/events/retries.ts';
import type { ClaimedDelivery, WebhookRecord } from '../../store/records.ts';
import type { BatchResults, DeliverDeps } from './batch.ts';

/**
 * A receiver that failed more often than this in a row was down. All waiting deliveries are then sent as soon as it answers
 * again.
 */
const outageFailures = 5;

/** Stores the outcome of a batch. */
export async function recordResults(deps: DeliverDeps, { webhook, leaseId, delivered, failed, left }: BatchResults) {
  const { store, clock } = deps;
  const { id: webhookId } = webhook;
  const lease = { webhookId, leaseId };
  const idsOf = (deliveries: readonly ClaimedDelivery[]) => deliveries.map(({ id }) => id);
  if (delivered.length > 0) {
    await store.deliveries.markDelivered(lease, idsOf(delivered), clock.now());
    const failures = await store.webhooks.recordSuccess(webhookId);
    if (failures > outageFailures) await store.deliveries.bringForward(clock.now(), webhookId);
  }
  const aborted = failed.filter(({ outcome }) => outcome.kind === 'aborted').map(({ delivery }) => delivery);
  const untried = [...left, ...aborted];
  if (untried.length > 0) await store.deliveries.release(lease, idsOf(untried), clock.now());
  for (const { delivery, outcome } of failed) {
    if (outcome.kind === 'gone') {
      await recordGone(deps, webhook, {
        delivery,
        leaseId,
        error: 'The receiver answered 410: it wants no more events.',
      });
    } else if (outcome.kind === 'failed') {
      await recordFailure(deps, webhook, { delivery, leaseId, error: outcome.error });
    }
  }
}

interface Failure {
  delivery: ClaimedDelivery;
  leaseId: string;
  error: string;
}

/** Gives the delivery up, unless the webhook has another URL by now: the new receiver may want it. */
async function recordGone(
  deps: DeliverDeps,
  webhook: WebhookRecord,
  { delivery, leaseId, error }: Failure,
): Promise<void> {
  const { store, clock } = deps;
  const lease = { webhookId: webhook.id, leaseId };
  const current = await store.webhooks.findById(webhook.id);
  if (current !== null && current.url !== webhook.url) {
    return store.deliveries.release(lease, [delivery.id], clock.now());
  }
  await store.deliveries.giveUp(lease, delivery.id, error);
  await disable(deps, webhook, 'gone');
}

async function recordFailure(
  deps: DeliverDeps,
  webhook: WebhookRecord,
  { delivery, leaseId, error }: Failure,
): Promise<void> {
  const { store, clock } = deps;
  const now = clock.now();
  const lease = { webhookId: webhook.id, leaseId };
  const dueAt = nextAttemptAt(delivery, now);
  if (dueAt === null) await store.deliveries.giveUp(lease, delivery.id, error);
  else await store.deliveries.retryLater(lease, delivery.id, { dueAt, error });
  const health = await store.webhooks.recordFailure(webhook.id, now, webhook.changedAt);
  if (health === null) return;
  await store.webhooks.pause(webhook.id, now + pauseAfter(health.failures));
  if (hasFailedForLong(health, now)) await disable(deps, webhook, 'failing');
}

/** Disables the webhook and tells all superusers, unless it was changed after the attempt began. */
async function disable(deps: DeliverDeps, webhook: WebhookRecord, reason: 'gone' | 'failing'): Promise<void> {
  const { store, clock, auditTrail, notifier } = deps;
  const at = clock.now();
  const event = { at, actor: systemActor, clientInfo: { ip: null, userAgent: null } };
  const to = reason === 'gone' ? 'The receiver answered 410.' : 'Every attempt failed for three days.';
  await store.transaction(async (store) => {
    if (!(await store.webhooks.disable(webhook.id, at, webhook.changedAt))) return;
    const changes = [{ field: 'reason', from: null, to }];
    await auditTrail.webhook(store, { ...event, action: 'webhook.disabled', webhook, changes });
    for (const owner of await store.users.superusers()) {
      await notifier.webhookDisabled(store, { at, owner, webhook, reason });
    }
  });
  notifier.wake();
}
