import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  clientListQuerySchema,
  clientPageSchema,
  clientSchema,
  createClientBodySchema,
  createdClientSchema,
  editClientBodySchema,
} from '../../../../shared/schemas/accounts/clients.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { conditional, ifMatch, setEtag } from '../../etags.ts';
import { jsonBody } from '../../middleware/json-body.ts';
import { readPage } from '../../paging.ts';
import { clientObject } from '../../representations.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../../validate.ts';

const listClients = createRoute({
  method: 'get',
  path: '/clients',
  summary: 'List OAuth clients',
  description: 'Newest first. An OAuth client is an API server that introspects tokens.',
  request: { query: clientListQuerySchema },
  responses: { 200: jsonResponse(clientPageSchema, 'A page of clients') },
});

const createClient = createRoute({
  method: 'post',
  path: '/clients',
  summary: 'Register an OAuth client',
  description: 'The response is the only one that contains the secret.',
  middleware: jsonBody,
  request: { body: jsonRequest(createClientBodySchema) },
  responses: { 201: jsonResponse(createdClientSchema, 'The client with its secret') },
});

const getClient = createRoute({
  method: 'get',
  path: '/clients/{id}',
  summary: 'Get an OAuth client',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(clientSchema, 'The client') },
});

const editClient = createRoute({
  method: 'patch',
  path: '/clients/{id}',
  summary: 'Change an OAuth client',
  description: 'Its name and its secret stay.',
  middleware: jsonBody,
  request: { params: idParamSchema, ...conditional, body: jsonRequest(editClientBodySchema) },
  responses: { 200: jsonResponse(clientSchema, 'The client') },
});

const rotateSecret = createRoute({
  method: 'post',
  path: '/clients/{id}/secret',
  summary: 'Rotate a client secret',
  description: 'Creates a new secret. The old one stops working immediately.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(createdClientSchema, 'The client with its new secret') },
});

const deleteClient = createRoute({
  method: 'delete',
  path: '/clients/{id}',
  summary: 'Delete an OAuth client',
  description: 'Its secret stops working immediately.',
  request: { params: idParamSchema, ...conditional },
  responses: { 204: { description: 'The client is deleted' } },
});

export function clientRoutes({ clients }: Pick<AppDeps, 'clients'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listClients, async (c) => {
      const operator = c.get('operator');
      return c.json(await readPage(c.req.valid('query'), (query) => clients.list(operator, query), clientObject), 200);
    })
    .openapi(createClient, async (c) => {
      const { client, secret } = await clients.create(c.get('operator'), c.req.valid('json'));
      setEtag(c, clientObject(client));
      return c.json({ ...clientObject(client), client_secret: secret.reveal() }, 201);
    })
    .openapi(getClient, async (c) => {
      const client = clientObject(await clients.get(c.get('operator'), c.req.valid('param').id));
      setEtag(c, client);
      return c.json(client, 200);
    })
    .openapi(editClient, async (c) => {
      const { id } = c.req.valid('param');
      const precondition = ifMatch(c, clientObject);
      const client = clientObject(await clients.edit(c.get('operator'), id, c.req.valid('json'), precondition));
      setEtag(c, client);
      return c.json(client, 200);
    })
    .openapi(rotateSecret, async (c) => {
      const { client, secret } = await clients.rotate(c.get('operator'), c.req.valid('param').id);
      return c.json({ ...clientObject(client), client_secret: secret.reveal() }, 200);
    })
    .openapi(deleteClient, async (c) => {
      const precondition = ifMatch(c, clientObject);
      await clients.delete(c.get('operator'), c.req.valid('param').id, precondition);
      return c.body(null, 204);
    });
}
