import type { DeliveryRecord, Page } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { type Operator, requireReader, requireScope, requireStillAllowed } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { noSuchDelivery, noSuchWebhook, webhookDisabled } from './webhook-problems.ts';

/**
 * Events on their way to webhooks. Auditors read them.
 *
 * @throws ProblemError `superuser-required`, `scope-missing`, `webhook-not-found`, in every method
 */
export interface Deliveries {
  /** Queues the event `webhook.test`. @throws ProblemError `webhook-disabled` */
  test(operator: Operator, webhookId: string): Promise<DeliveryRecord>;
  /** Returns deliveries of one webhook, newest first. */
  list(
    operator: Operator,
    webhookId: string,
    query: Page & { status?: DeliveryRecord['status'] },
  ): Promise<DeliveryRecord[]>;
  /**
   * Sends an event again, with the same ID, also if it was delivered or failed. @throws ProblemError `delivery-not-found`,
   * `webhook-disabled`
   */
  retry(operator: Operator, webhookId: string, id: string): Promise<DeliveryRecord>;
}

export function createDeliveries({
  store,
  clock,
  newId,
}: {
  store: Store;
  clock: Clock;
  newId: () => string;
}): Deliveries {
  /** Runs a change in which the webhook is locked and enabled. */
  const change = <T>(operator: Operator, webhookId: string, work: (store: Store) => Promise<T>) => {
    requireScope(operator, 'webhooks');
    return store.transaction(async (store) => {
      await requireStillAllowed(store, operator, 'webhooks');
      const webhook = await store.webhooks.lock(webhookId);
      if (webhook === null) throw noSuchWebhook();
      if (webhook.disabled) throw webhookDisabled();
      return work(store);
    });
  };

  return {
    test: (operator, webhookId) =>
      change(operator, webhookId, (store) => store.deliveries.queueTest(webhookId, { id: newId(), at: clock.now() })),

    async list(operator, webhookId, query) {
      requireReader(operator, 'webhooks');
      if ((await store.webhooks.findById(webhookId)) === null) throw noSuchWebhook();
      return store.deliveries.list({ webhookId, ...query });
    },

    retry: (operator, webhookId, id) =>
      change(operator, webhookId, async (store) => {
        const retried = await store.deliveries.retry(webhookId, id, clock.now());
        const delivery = retried ? await store.deliveries.find(webhookId, id) : null;
        if (delivery === null) throw noSuchDelivery();
        return delivery;
      }),
  };
}
