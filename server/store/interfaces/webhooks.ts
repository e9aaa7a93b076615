import type {
  ClaimedDelivery,
  DeliveryBacklog,
  DeliveryRecord,
  DueWebhook,
  Page,
  WebhookHealth,
  WebhookRecord,
  WebhookSecrets,
} from '../records.ts';

/** The fields that an edit of a webhook changes. A field that is missing stays. */
export type WebhookEdit = Partial<Pick<WebhookRecord, 'url' | 'events' | 'format' | 'description' | 'disabled'>> &
  Pick<WebhookRecord, 'changedAt'>;

/** Receivers of audit events. No method returns the secret of one, except `secretsOf`. */
export interface WebhookStore {
  /** Inserts a webhook, unless another one has its URL or there are `max` webhooks. */
  insert(webhook: WebhookRecord, secret: string, max: number): Promise<'inserted' | 'url-taken' | 'too-many'>;
  /** Changes a webhook. A new URL, or enabling it, also ends the pause after failed attempts. */
  edit(id: string, edit: WebhookEdit): Promise<'edited' | 'missing' | 'url-taken'>;
  /** Replaces the secret. The present one signs until `previousUntil`, too. Returns false if there is no such webhook. */
  rotateSecret(id: string, change: { secret: string; previousUntil: number; changedAt: number }): Promise<boolean>;
  /** Deletes a webhook. Its deliveries stay until `purgeOrphans` deletes them, but nothing lists, counts or sends them. */
  delete(id: string): Promise<boolean>;
  findById(id: string): Promise<WebhookRecord | null>;
  /** Lists webhooks, newest first. */
  list(page: Page): Promise<WebhookRecord[]>;
  /** Locks a webhook for a change until the transaction ends, and returns its current record. */
  lock(id: string): Promise<WebhookRecord | null>;
  secretsOf(id: string): Promise<WebhookSecrets | null>;

  /** Returns the enabled webhooks that have a delivery to attempt at `now`, with their failed attempts since the last success. */
  due(now: number): Promise<DueWebhook[]>;
  /** Records that an attempt succeeded. Returns how many had failed before, one after the other. */
  recordSuccess(id: string): Promise<number>;
  /** Records that an attempt failed at `at`. Returns null if the webhook was changed since `changedAt`, or there is none. */
  recordFailure(id: string, at: number, changedAt: number): Promise<WebhookHealth | null>;
  /** Pauses the webhook: no delivery is attempted before `until`. */
  pause(id: string, until: number): Promise<void>;
  /** Disables a webhook. Returns false if it is disabled already, was changed since `changedAt` or does not exist. */
  disable(id: string, at: number, changedAt: number): Promise<boolean>;
}

export interface DeliveryQuery extends Page {
  webhookId: string;
  status?: DeliveryRecord['status'];
}

export interface DeliveryClaim {
  webhookId: string;
  now: number;
  leaseMs: number;
  /** Identifies the worker that holds the lease. */
  leaseId: string;
  limit: number;
}

export type DeliveryLease = Pick<DeliveryClaim, 'webhookId' | 'leaseId'>;

/**
 * Events for webhooks. `AuditStore.insert` queues an event for each enabled webhook that its action matches. A delivery is in one
 * of these states:
 *
 * 1. Pending: it is due now or at a later time, and no worker holds a lease on it.
 * 2. Leased: a worker is sending it. When the lease expires, it is due again.
 * 3. Delivered, or failed after the last attempt. It stays until it is purged, and `retry` makes it pending again.
 */
export interface DeliveryStore {
  /** Queues a delivery that no audit event caused, before all others, and ends the pause of the webhook. */
  queueTest(webhookId: string, delivery: { id: string; at: number }): Promise<DeliveryRecord>;
  find(webhookId: string, id: string): Promise<DeliveryRecord | null>;
  /** Lists deliveries of one webhook, newest first. */
  list(query: DeliveryQuery): Promise<DeliveryRecord[]>;
  /**
   * Makes a delivery due at `now`, also if it was delivered or failed, and ends the pause of the webhook. Returns false if there
   * is none.
   */
  retry(webhookId: string, id: string, now: number): Promise<boolean>;

  /** Leases at most `limit` due deliveries of a webhook until `now + leaseMs`, the first due first. Increments their `attempts`. */
  claim(claim: DeliveryClaim): Promise<ClaimedDelivery[]>;

  // The next four methods end the lease. They do nothing to a delivery that is no longer under it.
  markDelivered(lease: DeliveryLease, ids: readonly string[], at: number): Promise<void>;
  /** Makes a delivery due again at `dueAt`. */
  retryLater(lease: DeliveryLease, id: string, retry: { dueAt: number; error: string }): Promise<void>;
  /** Makes a delivery failed: it is not attempted any more. */
  giveUp(lease: DeliveryLease, id: string, error: string): Promise<void>;
  /** Makes deliveries due again that were leased but not attempted. */
  release(lease: DeliveryLease, ids: readonly string[], now: number): Promise<void>;

  /** Makes all pending deliveries, or those of one webhook, due at `now`, unless they are leased or due already. */
  bringForward(now: number, webhookId?: string): Promise<void>;
  /** Makes all leased deliveries due. Call this only if no other daemon uses the database, because its leases end too. */
  releaseAllLeases(): Promise<void>;
  /** Counts the deliveries of webhooks that exist. */
  backlog(): Promise<DeliveryBacklog>;
  /** Deletes at most `limit` deliveries of webhooks that were deleted. Returns the number of rows deleted. */
  purgeOrphans(limit: number): Promise<number>;
  /** Deletes at most `limit` deliveries of events before `before`. Returns the number of rows deleted. */
  purge(before: number, limit: number): Promise<number>;
}
