import type { EditWebhookBody } from '../../../shared/schemas/webhooks.ts';
import type { FieldChange, WebhookRecord } from '../../store/records.ts';
import { webhookServer } from './webhook-url.ts';

type Fields = Pick<WebhookRecord, 'url' | 'events' | 'format' | 'description' | 'disabled'>;

/** Returns the fields of a body as the store names them. Events are sorted, so that the same list is no change. */
export function fieldsOf({ url, events, format, description, disabled }: EditWebhookBody): Partial<Fields> {
  return {
    ...(url !== undefined && { url }),
    ...(events !== undefined && { events: [...events].sort() }),
    ...(format !== undefined && { format }),
    ...(description !== undefined && { description: description || null }),
    ...(disabled !== undefined && { disabled }),
  };
}

/** Returns the fields that differ, under the names that the API gives them. Of URLs, it shows the server only. */
export function changesBetween(before: Fields, after: Fields): FieldChange[] {
  const [from, to] = [webhookServer(before.url), webhookServer(after.url)];
  const other = before.url !== after.url && from === to ? `${to} (another path)` : to;
  return [
    { field: 'url', from, to: other },
    { field: 'events', from: before.events.join('\n'), to: after.events.join('\n') },
    { field: 'format', from: before.format, to: after.format },
    { field: 'description', from: before.description, to: after.description },
    { field: 'disabled', from: before.disabled, to: after.disabled },
  ].filter((change) => change.from !== change.to);
}
