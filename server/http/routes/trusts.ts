import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  createTrustBodySchema,
  editTrustBodySchema,
  trustListQuerySchema,
  trustPageSchema,
  trustSchema,
} from '../../../shared/schemas/trusts.ts';
import type { ListedTrust } from '../../store/records.ts';
import type { AppContext, AppDeps, AppEnv } from '../context.ts';
import { conditional, ifMatch, setEtag } from '../etags.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { readPage } from '../paging.ts';
import { trustObject, trustState } from '../representations.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const listTrusts = createRoute({
  method: 'get',
  path: '/trusts',
  summary: 'List trusts',
  description:
    'Newest first. A trust says which identity tokens of another system a job may exchange at `/oauth/token`. Superusers and auditors see all trusts, and other members those of the service accounts that they maintain.',
  request: { query: trustListQuerySchema },
  responses: { 200: jsonResponse(trustPageSchema, 'A page of trusts') },
});

const createTrust = createRoute({
  method: 'post',
  path: '/trusts',
  summary: 'Create a trust',
  description:
    'Identity tokens of the issuer with this audience and these claims may then be exchanged for tokens of the service account, with the rules of the trust.',
  middleware: jsonBody,
  request: { body: jsonRequest(createTrustBodySchema) },
  responses: { 201: jsonResponse(trustSchema, 'The trust') },
});

const getTrust = createRoute({
  method: 'get',
  path: '/trusts/{id}',
  summary: 'Get a trust',
  description: 'For superusers, auditors, and the maintainers of its service account.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(trustSchema, 'The trust') },
});

const editTrust = createRoute({
  method: 'patch',
  path: '/trusts/{id}',
  summary: 'Change a trust',
  description:
    'A field that is not sent stays. Claims and lists replace the present ones. Tokens that were exchanged before stay as they are, unless the trust gets another service account: then they are revoked.',
  middleware: jsonBody,
  request: { params: idParamSchema, ...conditional, body: jsonRequest(editTrustBodySchema) },
  responses: { 200: jsonResponse(trustSchema, 'The trust') },
});

const deleteTrust = createRoute({
  method: 'delete',
  path: '/trusts/{id}',
  summary: 'Delete a trust',
  description: 'Revokes all tokens that were exchanged under it.',
  request: { params: idParamSchema, ...conditional },
  responses: { 204: { description: 'The trust is deleted' } },
});

export function trustRoutes({ trusts }: Pick<AppDeps, 'trusts'>) {
  const show = async (c: AppContext, trust: ListedTrust) => {
    setEtag(c, trustState(trust));
    return trustObject(trust, await trusts.appNames([trust]));
  };
  return new OpenAPIHono<AppEnv>()
    .openapi(listTrusts, async (c) => {
      const operator = c.get('operator');
      const { items, next_cursor } = await readPage(
        c.req.valid('query'),
        (query) => trusts.list(operator, query),
        (trust) => trust,
      );
      const names = await trusts.appNames(items);
      return c.json({ items: items.map((trust) => trustObject(trust, names)), next_cursor }, 200);
    })
    .openapi(createTrust, async (c) => {
      return c.json(await show(c, await trusts.create(c.get('operator'), c.req.valid('json'))), 201);
    })
    .openapi(getTrust, async (c) => {
      return c.json(await show(c, await trusts.get(c.get('operator'), c.req.valid('param').id)), 200);
    })
    .openapi(editTrust, async (c) => {
      const { id } = c.req.valid('param');
      const trust = await trusts.edit(c.get('operator'), id, c.req.valid('json'), ifMatch(c, trustState));
      return c.json(await show(c, trust), 200);
    })
    .openapi(deleteTrust, async (c) => {
      await trusts.delete(c.get('operator'), c.req.valid('param').id, ifMatch(c, trustState));
      return c.body(null, 204);
    });
}
