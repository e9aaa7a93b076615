import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  createUserBodySchema,
  updateUserBodySchema,
  userListQuerySchema,
  userPageSchema,
  userSchema,
} from '../../../shared/schemas/users.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { readPage } from '../paging.ts';
import { userObject } from '../representations.ts';
import { idParamSchema, jsonAnswer, jsonRequest } from '../validate.ts';

const listUsers = createRoute({
  method: 'get',
  path: '/users',
  summary: 'Members, newest first',
  request: { query: userListQuerySchema },
  responses: { 200: jsonAnswer(userPageSchema, 'One page') },
});

const createUser = createRoute({
  method: 'post',
  path: '/users',
  summary: 'Add a member',
  middleware: jsonBody,
  request: { body: jsonRequest(createUserBodySchema) },
  responses: { 201: jsonAnswer(userSchema, 'The member') },
});

const readUser = createRoute({
  method: 'get',
  path: '/users/{id}',
  summary: 'One member',
  request: { params: idParamSchema },
  responses: { 200: jsonAnswer(userSchema, 'The member') },
});

const updateUser = createRoute({
  method: 'patch',
  path: '/users/{id}',
  summary: 'Grant, disable, promote or rename a member: all of it or nothing',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(updateUserBodySchema) },
  responses: { 200: jsonAnswer(userSchema, 'The member as changed') },
});

const revokeAllOfUser = createRoute({
  method: 'delete',
  path: '/users/{id}/tokens',
  summary: 'Revoke every token of a member',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The member has no tokens' } },
});

export function userRoutes({ users, tokens }: AppDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listUsers, async (c) => {
      const caller = c.get('caller');
      return c.json(await readPage(c.req.valid('query'), (query) => users.list(caller, query), userObject), 200);
    })
    .openapi(createUser, async (c) => {
      const user = await users.create(c.get('caller'), c.req.valid('json'));
      c.header('Location', `/api/v1/users/${user.id}`);
      return c.json(userObject(user), 201);
    })
    .openapi(readUser, async (c) => {
      const user = await users.get(c.get('caller'), c.req.valid('param').id);
      return c.json(userObject(user), 200);
    })
    .openapi(updateUser, async (c) => {
      const user = await users.update(c.get('caller'), c.req.valid('param').id, c.req.valid('json'));
      return c.json(userObject(user), 200);
    })
    .openapi(revokeAllOfUser, async (c) => {
      await tokens.revokeAllOf(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
