import type { CreatedWebhook, Delivery, Webhook } from '../../shared/schemas/webhooks.ts';
import { array, both, flag, integer, nullable, object, text, time } from './shape.ts';

export const webhookShape = object<Webhook>({
  id: text,
  url: text,
  events: array(text),
  format: text,
  description: nullable(text),
  disabled: flag,
  created_at: time,
});

export const createdWebhookShape = both<CreatedWebhook>(webhookShape, object({ secret: text }));

export const deliveryShape = object<Delivery>({
  id: text,
  event: text,
  status: text,
  attempts: integer,
  at: time,
  delivered_at: nullable(time),
  error: nullable(text),
});
