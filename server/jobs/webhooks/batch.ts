import type { AuditTrail } from '../../domain/audit.ts';
import type { Clock } from '../../domain/clock.ts';
import type { SentEvent } from '../../domain/events/message-body.ts';
import type { Notifier } from '../../domain/notifications/notifier.ts';
import type { Metrics } from '../../observability/metrics.ts';
import type { ClaimedDelivery, ListedAuditRecord, WebhookRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { SendOutcome, WebhookSender } from '../../webhooks/sender.ts';

export interface DeliverDeps {
  store: Store;
  clock: Clock;
  sender: WebhookSender;
  auditTrail: AuditTrail;
  notifier: Notifier;
  /** Returns an audit event as the API shows it. */
  represent: (event: ListedAuditRecord) => SentEvent;
  publicUrl: string;
  metrics: Pick<Metrics, 'countWebhookAttempt'>;
}

/** The outcomes of the deliveries of one batch. */
export interface BatchResults {
  webhook: WebhookRecord;
  leaseId: string;
  delivered: ClaimedDelivery[];
  failed: Array<{ delivery: ClaimedDelivery; outcome: Exclude<SendOutcome, { kind: 'delivered' }> }>;
  /** The deliveries that were not attempted, because another one failed or the daemon stops. */
  left: ClaimedDelivery[];
}
