import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { changePasswordBodySchema, userSchema } from '../../../../shared/schemas/accounts/users.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { jsonBody } from '../../middleware/json-body.ts';
import { userObject } from '../../representations.ts';
import { jsonRequest, jsonResponse } from '../../validate.ts';

const readMe = createRoute({
  method: 'get',
  path: '/me',
  summary: 'Get the signed-in member',
  responses: { 200: jsonResponse(userSchema, 'The member') },
});

const changePassword = createRoute({
  method: 'put',
  path: '/me/password',
  summary: 'Change the password',
  description: "Changes the signed-in member's password and ends their other sessions.",
  middleware: jsonBody,
  request: { body: jsonRequest(changePasswordBodySchema) },
  responses: { 204: { description: 'The password is changed' } },
});

const revokeOwnTokens = createRoute({
  method: 'delete',
  path: '/me/tokens',
  summary: 'Revoke all own tokens',
  description: 'Revokes every token of the signed-in member. One mail names all of them. This cannot be undone.',
  responses: { 204: { description: 'The tokens are revoked' } },
});

export function meRoutes({ sessions, tokens, users }: Pick<AppDeps, 'sessions' | 'tokens' | 'users'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(readMe, async (c) => c.json(userObject(await users.me(c.get('caller'))), 200))
    .openapi(changePassword, async (c) => {
      const body = c.req.valid('json');
      await sessions.changePassword(c.get('caller'), body.current, body.new);
      return c.body(null, 204);
    })
    .openapi(revokeOwnTokens, async (c) => {
      await tokens.revokeAllOwn(c.get('caller'));
      return c.body(null, 204);
    });
}
