import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../../context.ts';
import { idParamSchema } from '../../validate.ts';

const unbind = createRoute({
  method: 'delete',
  path: '/users/{id}/identity',
  summary: 'Unbind a member from single sign-on',
  description:
    'Removes the identity at the identity provider that the member is bound to, for a provider that gave people new ones, and ends their sessions. The next single sign-on with the email address of the member binds them again. Tokens and a password stay.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The member has no identity' } },
});

export function identityRoutes({ unbinding }: Pick<AppDeps, 'unbinding'>) {
  return new OpenAPIHono<AppEnv>().openapi(unbind, async (c) => {
    await unbinding.unbind(c.get('caller'), c.req.valid('param').id);
    return c.body(null, 204);
  });
}
