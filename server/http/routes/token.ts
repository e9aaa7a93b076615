import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { tokenSchema } from '../../../shared/schemas/tokens.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { refuseIfGone } from '../middleware/token.ts';
import { tokenObject } from '../representations.ts';
import { jsonAnswer } from '../validate.ts';

const readItself = createRoute({
  method: 'get',
  path: '/token',
  summary: 'The personal API token that asks; records no use',
  responses: { 200: jsonAnswer(tokenSchema, 'The token') },
});

const revokeItself = createRoute({
  method: 'delete',
  path: '/token',
  summary: 'Revoke the personal API token that asks',
  responses: { 204: { description: 'The token is revoked' } },
});

export function presentedTokenRoutes({ tokens, statusContext }: AppDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(readItself, async (c) => {
      const presented = c.get('presentedToken');
      const token = await tokens.getItself(presented).catch(refuseIfGone(presented));
      return c.json(tokenObject(token, statusContext()), 200);
    })
    .openapi(revokeItself, async (c) => {
      const presented = c.get('presentedToken');
      await tokens.revokeItself(presented, c.get('clientInfo')).catch(refuseIfGone(presented));
      return c.body(null, 204);
    });
}
