import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  clientListQuerySchema,
  clientPageSchema,
  createClientBodySchema,
  createdClientSchema,
} from '../../../shared/schemas/clients.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { readPage } from '../paging.ts';
import { clientObject } from '../representations.ts';
import { idParamSchema, jsonAnswer, jsonRequest } from '../validate.ts';

const listClients = createRoute({
  method: 'get',
  path: '/clients',
  summary: 'Services that may ask about tokens, newest first',
  request: { query: clientListQuerySchema },
  responses: { 200: jsonAnswer(clientPageSchema, 'One page') },
});

const createClient = createRoute({
  method: 'post',
  path: '/clients',
  summary: 'Register a service',
  middleware: jsonBody,
  request: { body: jsonRequest(createClientBodySchema) },
  responses: { 201: jsonAnswer(createdClientSchema, 'The service with its secret, which is shown this once') },
});

const rotateSecret = createRoute({
  method: 'post',
  path: '/clients/{id}/secret',
  summary: 'Give a service a new secret; the earlier one is void at once',
  request: { params: idParamSchema },
  responses: { 200: jsonAnswer(createdClientSchema, 'The service with its new secret, which is shown this once') },
});

const deleteClient = createRoute({
  method: 'delete',
  path: '/clients/{id}',
  summary: 'Remove a service',
  request: { params: idParamSchema },
  responses: { 204: { description: 'Its secret is void' } },
});

export function clientRoutes({ clients }: AppDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listClients, async (c) => {
      const caller = c.get('caller');
      return c.json(await readPage(c.req.valid('query'), (query) => clients.list(caller, query), clientObject), 200);
    })
    .openapi(createClient, async (c) => {
      const { client, secret } = await clients.create(c.get('caller'), c.req.valid('json'));
      return c.json({ ...clientObject(client), client_secret: secret.reveal() }, 201);
    })
    .openapi(rotateSecret, async (c) => {
      const { client, secret } = await clients.rotate(c.get('caller'), c.req.valid('param').id);
      return c.json({ ...clientObject(client), client_secret: secret.reveal() }, 200);
    })
    .openapi(deleteClient, async (c) => {
      await clients.delete(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
