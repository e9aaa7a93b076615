import { boolean, integer, nullable, text } from './column.ts';

export const webhookColumns = {
  id: text('id'),
  url: text('url'),
  /** Names of audit actions, `prefix.*` and `*`, separated by spaces. */
  events: text('events'),
  format: text<'format', 'standard' | 'slack'>('format'),
  description: nullable(text('description')),
  disabled: boolean('disabled'),
  createdAt: integer('created_at'),
  changedAt: integer('changed_at'),
};

/** The secrets that sign the deliveries of a webhook. They are stored as they are, because signing needs them. */
export const webhookSecretColumns = {
  secret: text('secret'),
  /** The secret before the last rotation. It signs, too, until `previousSecretUntil`. */
  previousSecret: nullable(text('previous_secret')),
  previousSecretUntil: nullable(integer('previous_secret_until')),
};

/** The outcome of the latest attempts of a webhook. */
export const webhookHealthColumns = {
  /** Failed attempts since the last success. */
  failures: integer('failures'),
  /** When the first of them was made. */
  failingSince: nullable(integer('failing_since')),
  /** No delivery is attempted before this time. */
  resumeAt: nullable(integer('resume_at')),
};

export const deliveryColumns = {
  /** The ID of the audit event. With that of the webhook, it is the primary key. */
  id: text('id'),
  webhookId: text('webhook_id'),
  /** The audit action, or `webhook.test`. */
  event: text('event'),
  /** When the event happened. */
  at: integer('at'),
  status: text<'status', 'pending' | 'delivered' | 'failed'>('status'),
  /** Number of times that sending was started. */
  attempts: integer('attempts'),
  deliveredAt: nullable(integer('delivered_at')),
  /** Why the last attempt failed. Null if none did. */
  error: nullable(text('last_error')),
};

/** When a delivery is attempted. */
export const deliveryStateColumns = {
  /** When it may next be claimed. A lease moves it to the lease's end; null unless the delivery is pending. */
  dueAt: nullable(integer('due_at')),
  leaseId: nullable(text('lease_id')),
  /** An attempt that fails at or after this time is the last. */
  giveUpAt: integer('give_up_at'),
};
