import type { RecordOf } from './tables/column.ts';
import type {
  deliveryColumns,
  deliveryStateColumns,
  webhookColumns,
  webhookHealthColumns,
  webhookSecretColumns,
} from './tables/webhooks.ts';

/** A receiver of audit events. */
export interface WebhookRecord extends Omit<RecordOf<typeof webhookColumns>, 'events'> {
  /** Names of audit actions, `prefix.*` and `*`. */
  events: string[];
}

/** What signs the deliveries of a webhook. */
export type WebhookSecrets = RecordOf<typeof webhookSecretColumns>;

/** The outcome of the latest attempts of a webhook. */
export type WebhookHealth = RecordOf<typeof webhookHealthColumns>;

/** An event that was, or is to be, sent to a webhook. */
export type DeliveryRecord = RecordOf<typeof deliveryColumns>;

/** A delivery that is under a lease. */
export type ClaimedDelivery = DeliveryRecord & Pick<RecordOf<typeof deliveryStateColumns>, 'giveUpAt'>;

/** A webhook that has something to send. */
export type DueWebhook = WebhookRecord & Pick<WebhookHealth, 'failures'>;

/** The deliveries that are pending, including those that are leased, and those that failed. */
export interface DeliveryBacklog {
  pending: number;
  failed: number;
}
