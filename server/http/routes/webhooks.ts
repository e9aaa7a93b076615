import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  createdWebhookSchema,
  createWebhookBodySchema,
  deliveryListQuerySchema,
  deliveryPageSchema,
  deliverySchema,
  editWebhookBodySchema,
  webhookListQuerySchema,
  webhookPageSchema,
  webhookSchema,
} from '../../../shared/schemas/webhooks.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { conditional, ifMatch, setEtag } from '../etags.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { readPage } from '../paging.ts';
import { deliveryObject, webhookObject } from '../representations.ts';
import { deliveryParamSchema, idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const listWebhooks = createRoute({
  method: 'get',
  path: '/webhooks',
  summary: 'List webhooks',
  description:
    'Newest first. A webhook receives audit events. Auditors read webhooks, with `/…` in place of the path and the query of each URL.',
  request: { query: webhookListQuerySchema },
  responses: { 200: jsonResponse(webhookPageSchema, 'A page of webhooks') },
});

const createWebhook = createRoute({
  method: 'post',
  path: '/webhooks',
  summary: 'Create a webhook',
  description:
    'The response is the only one that contains the secret. The URL is `https://`, or `http://` to `localhost`. Internal addresses need `TOKENSD_WEBHOOK_HOSTS`.',
  middleware: jsonBody,
  request: { body: jsonRequest(createWebhookBodySchema) },
  responses: { 201: jsonResponse(createdWebhookSchema, 'The webhook with its secret') },
});

const getWebhook = createRoute({
  method: 'get',
  path: '/webhooks/{id}',
  summary: 'Get a webhook',
  description: 'Auditors read `/…` in place of the path and the query of the URL, because these can hold a secret.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(webhookSchema, 'The webhook') },
});

const editWebhook = createRoute({
  method: 'patch',
  path: '/webhooks/{id}',
  summary: 'Change a webhook',
  description:
    'A field that is not sent stays. `events` replaces the present list. Events that happen while a webhook is disabled are never sent to it.',
  middleware: jsonBody,
  request: { params: idParamSchema, ...conditional, body: jsonRequest(editWebhookBodySchema) },
  responses: { 200: jsonResponse(webhookSchema, 'The webhook') },
});

const deleteWebhook = createRoute({
  method: 'delete',
  path: '/webhooks/{id}',
  summary: 'Delete a webhook',
  description: 'Events that were not delivered yet are never sent.',
  request: { params: idParamSchema, ...conditional },
  responses: { 204: { description: 'The webhook is deleted' } },
});

const testWebhook = createRoute({
  method: 'post',
  path: '/webhooks/{id}/test',
  summary: 'Send a test event',
  description: 'Queues the event `webhook.test`. The list of deliveries shows what became of it.',
  request: { params: idParamSchema },
  responses: { 202: jsonResponse(deliverySchema, 'The delivery') },
});

const rotateSecret = createRoute({
  method: 'post',
  path: '/webhooks/{id}/secret',
  summary: 'Rotate the secret of a webhook',
  description: 'Deliveries are signed with both secrets for 24 hours.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(createdWebhookSchema, 'The webhook with its new secret') },
});

const listDeliveries = createRoute({
  method: 'get',
  path: '/webhooks/{id}/deliveries',
  summary: 'List deliveries of a webhook',
  description: 'Newest first. Deliveries are kept for 30 days. Auditors read them.',
  request: { params: idParamSchema, query: deliveryListQuerySchema },
  responses: { 200: jsonResponse(deliveryPageSchema, 'A page of deliveries') },
});

const retryDelivery = createRoute({
  method: 'post',
  path: '/webhooks/{id}/deliveries/{delivery}/retry',
  summary: 'Send an event again',
  description:
    'The request has the same `webhook-id`, so that the receiver can recognize an event that it has already.',
  request: { params: deliveryParamSchema },
  responses: { 202: jsonResponse(deliverySchema, 'The delivery') },
});

export function webhookRoutes({ webhooks, deliveries }: Pick<AppDeps, 'webhooks' | 'deliveries'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listWebhooks, async (c) => {
      const operator = c.get('operator');
      return c.json(await readPage(c.req.valid('query'), (page) => webhooks.list(operator, page), webhookObject), 200);
    })
    .openapi(createWebhook, async (c) => {
      const { webhook, secret } = await webhooks.create(c.get('operator'), c.req.valid('json'));
      setEtag(c, webhookObject(webhook));
      return c.json({ ...webhookObject(webhook), secret: secret.reveal() }, 201);
    })
    .openapi(getWebhook, async (c) => {
      const webhook = webhookObject(await webhooks.get(c.get('operator'), c.req.valid('param').id));
      setEtag(c, webhook);
      return c.json(webhook, 200);
    })
    .openapi(editWebhook, async (c) => {
      const { id } = c.req.valid('param');
      const precondition = ifMatch(c, webhookObject);
      const webhook = webhookObject(await webhooks.edit(c.get('operator'), id, c.req.valid('json'), precondition));
      setEtag(c, webhook);
      return c.json(webhook, 200);
    })
    .openapi(deleteWebhook, async (c) => {
      await webhooks.delete(c.get('operator'), c.req.valid('param').id, ifMatch(c, webhookObject));
      return c.body(null, 204);
    })
    .openapi(testWebhook, async (c) => {
      return c.json(deliveryObject(await deliveries.test(c.get('operator'), c.req.valid('param').id)), 202);
    })
    .openapi(rotateSecret, async (c) => {
      const { webhook, secret } = await webhooks.rotateSecret(c.get('operator'), c.req.valid('param').id);
      return c.json({ ...webhookObject(webhook), secret: secret.reveal() }, 200);
    })
    .openapi(listDeliveries, async (c) => {
      const [operator, { id }] = [c.get('operator'), c.req.valid('param')];
      const read = (query: Parameters<typeof deliveries.list>[2]) => deliveries.list(operator, id, query);
      return c.json(await readPage(c.req.valid('query'), read, deliveryObject), 200);
    })
    .openapi(retryDelivery, async (c) => {
      const { id, delivery } = c.req.valid('param');
      return c.json(deliveryObject(await deliveries.retry(c.get('operator'), id, delivery)), 202);
    });
}
