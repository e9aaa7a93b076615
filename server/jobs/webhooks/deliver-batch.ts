import { randomUUID } from 'node:crypto';
import { messageBody, type SentEvent, testEvent } from '../../domain/events/message-body.ts';
import { signMessage } from '../../domain/events/signature.ts';
import type { ClaimedDelivery, WebhookRecord, WebhookSecrets } from '../../store/records.ts';
import type { SendOutcome } from '../../webhooks/sender.ts';
import type { BatchResults, DeliverDeps } from './batch.ts';
import { recordResults } from './record-results.ts';

/** More than five times as long as a batch takes at most, so that no other daemon claims deliveries that are still being sent. */
const leaseMs = 10 * 60 * 1000;
/** Requests to one receiver at the same time. */
const parallel = 4;

/** Sends one batch, and returns whether all of it was delivered and more may be due. */
export async function deliverBatch(
  deps: DeliverDeps,
  { id, limit }: { id: string; limit: number },
  signal: AbortSignal,
): Promise<boolean> {
  const { store, clock } = deps;
  const leaseId = randomUUID();
  const claim = { webhookId: id, now: clock.now(), leaseMs, leaseId, limit };
  const batch = await store.deliveries.claim(claim);
  if (batch.length === 0) return false;
  // Read the webhook after the claim, so that one that was deleted or disabled in the meantime gets nothing, and a new secret
  // signs.
  const [webhook, secrets] = await Promise.all([store.webhooks.findById(id), store.webhooks.secretsOf(id)]);
  if (webhook === null || secrets === null) return false;
  if (webhook.disabled) {
    await store.deliveries.release(
      { webhookId: id, leaseId },
      batch.map((delivery) => delivery.id),
      clock.now(),
    );
    return false;
  }
  const results = await sendAll(deps, { webhook, secrets, leaseId, batch }, signal);
  await recordResults(deps, results);
  return results.failed.length === 0 && results.left.length === 0;
}

interface Batch {
  webhook: WebhookRecord;
  secrets: WebhookSecrets;
  leaseId: string;
  batch: readonly ClaimedDelivery[];
}

/** Sends the batch, a few at a time. Starts no more once one has failed or the daemon stops. */
async function sendAll(deps: DeliverDeps, { webhook, secrets, leaseId, batch }: Batch, signal: AbortSignal) {
  const found = await deps.store.audit.findByIds(batch.map(({ id }) => id));
  const events = new Map(found.map((event) => [event.id, deps.represent(event)]));
  const results: BatchResults = { webhook, leaseId, delivered: [], failed: [], left: [...batch] };
  const eventOf = (delivery: ClaimedDelivery) =>
    delivery.event === 'webhook.test' ? testEvent(delivery, webhook) : events.get(delivery.id);
  const work = async () => {
    while (results.failed.length === 0 && !signal.aborted) {
      const delivery = results.left.shift();
      if (delivery === undefined) return;
      const event = eventOf(delivery);
      const outcome = event === undefined ? eventGone : await sendOne(deps, { webhook, secrets, event });
      if (outcome.kind === 'delivered') results.delivered.push(delivery);
      else results.failed.push({ delivery, outcome });
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return results;
}

const eventGone: SendOutcome = { kind: 'failed', error: 'The event is no longer in the audit log.' };

async function sendOne(
  { clock, sender, publicUrl, metrics }: DeliverDeps,
  { webhook, secrets, event }: { webhook: WebhookRecord; secrets: WebhookSecrets; event: SentEvent },
): Promise<SendOutcome> {
  const body = messageBody(webhook.format, event, publicUrl);
  const message = signMessage({ id: event.id, body }, secrets, clock.now());
  const outcome = await sender.send({ url: webhook.url, ...message });
  if (outcome.kind !== 'aborted') metrics.countWebhookAttempt(outcome.kind === 'delivered' ? 'delivered' : 'failed');
  return outcome;
}
