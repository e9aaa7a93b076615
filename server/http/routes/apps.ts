import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import {
  appListQuerySchema,
  appPageSchema,
  appSchema,
  createAppBodySchema,
  editAppBodySchema,
} from '../../../shared/schemas/apps.ts';
import { queryBooleanSchema } from '../../../shared/schemas/common.ts';
import type { AppRecord } from '../../store/records.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { conditional, ifMatch, setEtag } from '../etags.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { readPage } from '../paging.ts';
import { appObject } from '../representations.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const listApps = createRoute({
  method: 'get',
  path: '/apps',
  summary: 'List apps',
  description: 'Newest first. An app is an upstream application behind the proxy. Members see only names and URLs.',
  request: { query: appListQuerySchema },
  responses: { 200: jsonResponse(appPageSchema, 'A page of apps') },
});

const createApp = createRoute({
  method: 'post',
  path: '/apps',
  summary: 'Register an app',
  description:
    "The proxy's configuration names the app of a request: `/verify/apps/NAME/…`. Otherwise it is the app that has the original host.",
  middleware: jsonBody,
  request: { body: jsonRequest(createAppBodySchema) },
  responses: { 201: jsonResponse(appSchema, 'The app') },
});

const getApp = createRoute({
  method: 'get',
  path: '/apps/{id}',
  summary: 'Get an app',
  description: 'Members see only its name and URL.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(appSchema, 'The app') },
});

const editApp = createRoute({
  method: 'patch',
  path: '/apps/{id}',
  summary: 'Change an app',
  description:
    'A field that is not sent stays. A list replaces the present one. A lower `max_expiry` does not shorten existing tokens. It applies when a token is created, edited or rotated.',
  middleware: jsonBody,
  request: { params: idParamSchema, ...conditional, body: jsonRequest(editAppBodySchema) },
  responses: { 200: jsonResponse(appSchema, 'The app') },
});

const deleteApp = createRoute({
  method: 'delete',
  path: '/apps/{id}',
  summary: 'Delete an app',
  description:
    'Fails with `app-in-use` if tokens are restricted to the app, unless `force` is true. Tokens whose only app it was are then denied everywhere, even if an app of the same name is registered again.',
  request: {
    params: idParamSchema,
    ...conditional,
    query: z.strictObject({
      force: queryBooleanSchema.optional().describe('Whether to delete an app to which tokens are restricted'),
    }),
  },
  responses: { 204: { description: 'The app is deleted' } },
});

export function appRoutes({ apps }: Pick<AppDeps, 'apps'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listApps, async (c) => {
      const operator = c.get('operator');
      return c.json(await readPage(c.req.valid('query'), apps.list, (app) => appObject(app, operator)), 200);
    })
    .openapi(createApp, async (c) => {
      const operator = c.get('operator');
      const app = appObject(await apps.create(operator, c.req.valid('json')), operator);
      setEtag(c, app);
      return c.json(app, 201);
    })
    .openapi(getApp, async (c) => {
      const app = appObject(await apps.get(c.req.valid('param').id), c.get('operator'));
      setEtag(c, app);
      return c.json(app, 200);
    })
    .openapi(editApp, async (c) => {
      const operator = c.get('operator');
      const { id } = c.req.valid('param');
      const precondition = ifMatch(c, (app: AppRecord) => appObject(app, operator));
      const app = appObject(await apps.edit(operator, id, c.req.valid('json'), precondition), operator);
      setEtag(c, app);
      return c.json(app, 200);
    })
    .openapi(deleteApp, async (c) => {
      const { force = false } = c.req.valid('query');
      const operator = c.get('operator');
      const precondition = ifMatch(c, (app: AppRecord) => appObject(app, operator));
      await apps.delete(operator, c.req.valid('param').id, { force, precondition });
      return c.body(null, 204);
    });
}
