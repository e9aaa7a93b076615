import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  createServiceAccountBodySchema,
  editServiceAccountBodySchema,
  serviceAccountListQuerySchema,
  serviceAccountPageSchema,
  serviceAccountSchema,
} from '../../../../shared/schemas/accounts/service-accounts.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { conditional, ifMatch, setEtag } from '../../etags.ts';
import { jsonBody } from '../../middleware/json-body.ts';
import { readPage } from '../../paging.ts';
import { serviceAccountObject, serviceAccountState } from '../../representations.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../../validate.ts';

const listServiceAccounts = createRoute({
  method: 'get',
  path: '/service-accounts',
  summary: 'List service accounts',
  description:
    'Newest first. A service account owns tokens, and nobody signs in with it. Superusers and auditors see all of them. Other members see those that they maintain.',
  request: { query: serviceAccountListQuerySchema },
  responses: { 200: jsonResponse(serviceAccountPageSchema, 'A page of service accounts') },
});

const createServiceAccount = createRoute({
  method: 'post',
  path: '/service-accounts',
  summary: 'Create a service account',
  description:
    'Its maintainers look after its tokens. Mails about them go to all enabled maintainers, and to all superusers if there is none.',
  middleware: jsonBody,
  request: { body: jsonRequest(createServiceAccountBodySchema) },
  responses: { 201: jsonResponse(serviceAccountSchema, 'The service account') },
});

const getServiceAccount = createRoute({
  method: 'get',
  path: '/service-accounts/{id}',
  summary: 'Get a service account',
  description: 'For superusers and its maintainers.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(serviceAccountSchema, 'The service account') },
});

const editServiceAccount = createRoute({
  method: 'patch',
  path: '/service-accounts/{id}',
  summary: 'Change a service account',
  description:
    'Maintainers may change the description and the maintainers, and add one maintainer per request. After 20 requests within an hour that fail because of an added email address, they get 429 `throttled`. Everyone who is added or removed, and everyone who stays, gets a mail. Only superusers may change the groups and disable or enable the service account. A field that is not sent stays. A list replaces the present one.',
  middleware: jsonBody,
  request: { params: idParamSchema, ...conditional, body: jsonRequest(editServiceAccountBodySchema) },
  responses: { 200: jsonResponse(serviceAccountSchema, 'The service account') },
});

const deleteServiceAccount = createRoute({
  method: 'delete',
  path: '/service-accounts/{id}',
  summary: 'Delete a service account',
  description:
    'Revokes its tokens and deletes its trusts, and mails its maintainers. The name is then free; a new service account of this name inherits nothing.',
  request: { params: idParamSchema, ...conditional },
  responses: { 204: { description: 'The service account is deleted' } },
});

export function serviceAccountRoutes({ serviceAccounts }: Pick<AppDeps, 'serviceAccounts'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listServiceAccounts, async (c) => {
      const operator = c.get('operator');
      const page = await readPage(
        c.req.valid('query'),
        (query) => serviceAccounts.list(operator, query),
        serviceAccountObject,
      );
      return c.json(page, 200);
    })
    .openapi(createServiceAccount, async (c) => {
      const account = await serviceAccounts.create(c.get('operator'), c.req.valid('json'));
      setEtag(c, serviceAccountState(account));
      return c.json(serviceAccountObject(account), 201);
    })
    .openapi(getServiceAccount, async (c) => {
      const account = await serviceAccounts.get(c.get('operator'), c.req.valid('param').id);
      setEtag(c, serviceAccountState(account));
      return c.json(serviceAccountObject(account), 200);
    })
    .openapi(editServiceAccount, async (c) => {
      const { id } = c.req.valid('param');
      const precondition = ifMatch(c, serviceAccountState);
      const account = await serviceAccounts.edit(c.get('operator'), id, c.req.valid('json'), precondition);
      setEtag(c, serviceAccountState(account));
      return c.json(serviceAccountObject(account), 200);
    })
    .openapi(deleteServiceAccount, async (c) => {
      await serviceAccounts.delete(c.get('operator'), c.req.valid('param').id, ifMatch(c, serviceAccountState));
      return c.body(null, 204);
    });
}
