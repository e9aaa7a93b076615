import { z } from 'zod';
import { auditActions } from '../audit-actions.ts';
import { limits } from '../limits.ts';
import { hasForbiddenCharacters } from '../names.ts';
import { redact } from '../redact.ts';
import { parseUrl } from '../urls.ts';
import { descriptionSchema, idSchema, pageQuerySchema, pageSchema, timeSchema } from './common.ts';

const urlError =
  'Enter an address such as https://hooks.example.com/tokens, without a user name, password and fragment.';

const webhookUrlSchema = z
  .string()
  .max(limits.maxWebhookUrlCharacters, `The URL must have at most ${limits.maxWebhookUrlCharacters} characters.`)
  .refine(isWebhookAddress, urlError)
  .refine((text) => redact(text) === text, 'The URL must not contain a token value or another secret of this server.')
  .meta({ example: 'https://hooks.example.com/tokens' });

/** The events that a webhook may subscribe to: every action, the first part of several with `.*`, and `*`. */
export const eventPatterns: readonly string[] = [
  '*',
  ...new Set(auditActions.map((action) => action.replace(/\..*$/, '.*'))),
  ...auditActions,
];

const eventSchema = z
  .string()
  .refine(
    (text) => eventPatterns.includes(text),
    'An event is the name of an audit action, such as token.revoked, or token.* for all that begin with it, or *.',
  )
  .meta({ example: 'token.*' });

const eventsSchema = z
  .array(eventSchema)
  .min(1, 'Name at least one event.')
  .max(eventPatterns.length, 'There are too many events.')
  .overwrite((events) => [...new Set(events)])
  .describe('Names of audit actions. `token.*` stands for all that begin with `token.`, and `*` for all');

export const webhookFormats = ['standard', 'slack'] as const;

const formatSchema = z
  .enum(webhookFormats, { error: 'format must be standard or slack.' })
  .describe('`standard`: Standard Webhooks. `slack`: one line of text, as Slack accepts it');

const fields = {
  url: webhookUrlSchema.describe('Where events are sent'),
  events: eventsSchema,
  format: formatSchema,
  description: descriptionSchema.nullable().meta({ description: 'Purpose of the webhook', example: 'Security team' }),
  disabled: z.boolean('disabled must be true or false.').describe('Whether nothing is sent'),
};

export const webhookSchema = z
  .object({
    id: idSchema,
    url: z.string().describe('Where events are sent. For auditors, `/…` stands for the path and the query'),
    events: z.array(z.string()).meta({ example: ['token.*', 'session.failed'] }),
    format: formatSchema,
    description: z.string().nullable(),
    disabled: z.boolean().describe('Whether nothing is sent, and events are not queued'),
    created_at: timeSchema,
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof webhookSchema>;

/** A webhook with a new secret. No other response contains it. */
export const createdWebhookSchema = webhookSchema
  .extend({ secret: z.string().describe('What signs the deliveries. It is shown only once') })
  .meta({ id: 'CreatedWebhook' });
export type CreatedWebhook = z.infer<typeof createdWebhookSchema>;

export const createWebhookBodySchema = z
  .strictObject({
    ...{ url: fields.url, events: fields.events },
    ...z.object({ format: fields.format, description: fields.description, disabled: fields.disabled }).partial().shape,
  })
  .meta({ id: 'CreateWebhook' });
export type CreateWebhookBody = z.infer<typeof createWebhookBodySchema>;

export const editWebhookBodySchema = z
  .strictObject(z.object(fields).partial().shape)
  .refine((body) => Object.keys(body).length > 0, 'Send at least one field.')
  .meta({ id: 'EditWebhook' });
export type EditWebhookBody = z.infer<typeof editWebhookBodySchema>;

export const webhookListQuerySchema = pageQuerySchema;
export const webhookPageSchema = pageSchema(webhookSchema).meta({ id: 'WebhookPage' });

export const deliveryStatuses = ['pending', 'delivered', 'failed'] as const;
const deliveryStatusSchema = z.enum(deliveryStatuses, { error: 'status must be pending, delivered or failed.' });

export const deliverySchema = z
  .object({
    id: idSchema.describe('The `webhook-id` of the request. It is that of the audit event'),
    event: z.string().meta({ example: 'token.revoked' }).describe('The audit action, or `webhook.test`'),
    status: deliveryStatusSchema.describe('`failed`: it is not attempted any more'),
    attempts: z.int(),
    at: timeSchema.describe('When the event happened'),
    delivered_at: timeSchema.nullable(),
    error: z.string().nullable().describe('Why the last attempt failed'),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof deliverySchema>;

export const deliveryListQuerySchema = pageQuerySchema.extend({
  status: deliveryStatusSchema.optional().describe('Only deliveries with this status'),
});
export const deliveryPageSchema = pageSchema(deliverySchema).meta({ id: 'DeliveryPage' });

function isWebhookAddress(text: string): boolean {
  // A parser would leave out some of these characters, and a page would show another address than the one that is used.
  if (hasForbiddenCharacters(text) || /[\s\\#]/.test(text)) return false;
  if (!/^https?:\/\//i.test(text) || parseUrl(text) === null) return false;
  const { username, password, hostname } = new URL(text);
  return username === '' && password === '' && hostname !== '';
}
