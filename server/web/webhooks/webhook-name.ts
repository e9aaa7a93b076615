import type { WebhookRecord } from '../../store/records.ts';

/** Returns what messages call the webhook: its description, or the host of its URL. The rest of the URL can be a secret. */
export function webhookName({ description, url }: Pick<WebhookRecord, 'description' | 'url'>): string {
  return description ?? new URL(url).host;
}
