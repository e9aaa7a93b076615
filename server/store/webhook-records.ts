import type { RecordOf } from './tables/column.ts';
import type { deliveryColumns, webhookColumns, webhookHealthColumns, webhookSecretColumns } from './tables/webhooks.ts';

/** A receiver of audit events. */
export interface WebhookRecord extends Omit<RecordOf<typeof webhookColumns>, 'events'> {
  /** Names of audit actions, `prefix.*` and `*`. */
  events: string[];
}

/** What signs the deliveries of a webhook. */
export type WebhookSecrets = RecordOf<typeof webhookSecretColumns>;

/** How the attempts of a webhook fared. */
export type WebhookHealth = RecordOf<typeof webhookHealthColumns>;

/** An event that was, or is to be, sent to a webhook. */
export type DeliveryRecord = RecordOf<typeof deliveryColumns>;
