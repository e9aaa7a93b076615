import type { Actor, FieldChange, WebhookRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { ClientInfo } from '../caller.ts';
import type { WebhookChange } from '../notifications/events/webhook-change-mail.ts';
import type { Notifier } from '../notifications/notifier.ts';

/** A change of a webhook, with its client. */
export interface WebhookNews extends Pick<WebhookChange, 'stage'> {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
  webhook: WebhookRecord;
  /** The webhook before the change. */
  before?: WebhookRecord;
  changes?: readonly FieldChange[];
}

/** Mails all superusers about a webhook. Sends no mail if only the description changed. */
export async function tellOfWebhook(
  { notifier }: { notifier: Pick<Notifier, 'webhookChanged'> },
  store: Store,
  { webhook, before = webhook, changes = [], ...event }: WebhookNews,
): Promise<void> {
  const changed = changes.map(({ field }) => field);
  if (event.stage === 'changed' && changed.every((field) => field === 'description')) return;
  for (const owner of await store.users.superusers()) {
    await notifier.webhookChanged(store, { ...event, owner, webhook, formerUrl: before.url, changed });
  }
}
