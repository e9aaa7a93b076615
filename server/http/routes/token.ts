import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { selfRotateBodySchema } from '../../../shared/schemas/token-changes.ts';
import { createdTokenSchema, tokenSchema } from '../../../shared/schemas/tokens.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { rejectIfRevoked } from '../middleware/token.ts';
import { tokenObject } from '../representations.ts';
import { jsonRequest, jsonResponse } from '../validate.ts';

const readItself = createRoute({
  method: 'get',
  path: '/token',
  summary: 'Get the presented token',
  description: 'Returns the personal API token that authenticates this request. This does not count as a use.',
  responses: { 200: jsonResponse(tokenSchema, 'The token') },
});

const revokeItself = createRoute({
  method: 'delete',
  path: '/token',
  summary: 'Revoke the presented token',
  description: 'Revokes the personal API token that authenticates this request. This cannot be undone.',
  responses: { 204: { description: 'The token is revoked' } },
});

const rotateItself = createRoute({
  method: 'post',
  path: '/token/rotate',
  summary: 'Rotate the presented token',
  description:
    'Gives the personal API token that authenticates this request a new value, which only this response contains. The token needs `self_rotate`, lives again for its `lifetime`, and may do this 60 times an hour.',
  middleware: jsonBody,
  request: { body: jsonRequest(selfRotateBodySchema) },
  responses: { 201: jsonResponse(createdTokenSchema, 'The token with its new value') },
});

export function presentedTokenRoutes({ tokens, statusContext }: Pick<AppDeps, 'tokens' | 'statusContext'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(readItself, async (c) => {
      const presented = c.get('presentedToken');
      const token = await tokens.getItself(presented).catch(rejectIfRevoked(presented));
      return c.json(tokenObject(token, statusContext()), 200);
    })
    .openapi(rotateItself, async (c) => {
      const presented = c.get('presentedToken');
      const rotation = tokens.rotateItself(presented, c.req.valid('json'), c.get('clientInfo'));
      const { token, secret } = await rotation.catch(rejectIfRevoked(presented));
      return c.json({ ...tokenObject(token, statusContext()), token: secret?.reveal() ?? '' }, 201);
    })
    .openapi(revokeItself, async (c) => {
      const presented = c.get('presentedToken');
      await tokens.revokeItself(presented, c.get('clientInfo')).catch(rejectIfRevoked(presented));
      return c.body(null, 204);
    });
}
