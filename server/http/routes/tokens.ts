import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { tokenListQuerySchema, tokenPageSchema } from '../../../shared/schemas/tokens/token-lists.ts';
import { createdTokenSchema, createTokenBodySchema, tokenSchema } from '../../../shared/schemas/tokens/tokens.ts';
import { toTokenFilter } from '../../domain/tokens/report/token-filter.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { tokenObject } from '../representations.ts';
import { readTokenPage } from '../tokens/token-page.ts';
import { idempotencyHeaderSchema, idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const listTokens = createRoute({
  method: 'get',
  path: '/tokens',
  summary: 'List tokens',
  description:
    "Newest first, unless `sort` says otherwise. Superusers may list another member's tokens with `user` or everyone's with `all`. Superusers and maintainers may list the tokens of a service account with `service_account`. The other parameters combine: a token must match all of them.",
  request: { query: tokenListQuerySchema },
  responses: { 200: jsonResponse(tokenPageSchema, 'A page of tokens') },
});

const createToken = createRoute({
  method: 'post',
  path: '/tokens',
  summary: 'Create a token',
  description:
    'Needs the permission to create and manage tokens. For a token of a service account (`service_account`), needs a maintainer of it or a superuser instead. The response is the only one that contains the value. Without `expires_in` and `expires_at`, the default expiry applies. The `max_expiry` of each app in `apps` bounds the expiry.',
  middleware: jsonBody,
  request: { headers: idempotencyHeaderSchema, body: jsonRequest(createTokenBodySchema) },
  responses: {
    201: jsonResponse(createdTokenSchema, 'The token with its value'),
    200: jsonResponse(tokenSchema, 'A replay of the `Idempotency-Key`: the token without its value'),
  },
});

const readToken = createRoute({
  method: 'get',
  path: '/tokens/{id}',
  summary: 'Get a token',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(tokenSchema, 'The token') },
});

const revokeToken = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  summary: 'Revoke a token',
  description: 'The token is rejected from the next request on. This cannot be undone.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The token is revoked' } },
});

export function tokenRoutes({ tokens, statusContext }: Pick<AppDeps, 'tokens' | 'statusContext'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listTokens, async (c) => {
      const now = statusContext();
      const query = c.req.valid('query');
      const { user, service_account: serviceAccount, all, known_to: knownTo, prefix } = query;
      const owner = {
        ...(user !== undefined && { user }),
        ...(serviceAccount !== undefined && { serviceAccount }),
        ...(all && { all }),
        ...(knownTo !== undefined && { knownTo }),
      };
      const { items, next_cursor } = await readTokenPage(query, (page) =>
        prefix === undefined
          ? tokens.list(c.get('operator'), { ...page, ...owner, ...toTokenFilter(query) })
          : tokens.findByPrefix(c.get('operator'), prefix, page.before),
      );
      const names = await tokens.appNames(items);
      return c.json({ items: items.map((token) => tokenObject(token, now, names)), next_cursor }, 200);
    })
    .openapi(createToken, async (c) => {
      const key = c.req.valid('header')['idempotency-key'];
      const { token, secret } = await tokens.create(c.get('operator'), c.req.valid('json'), key);
      const object = tokenObject(token, statusContext(), await tokens.appNames([token]));
      if (secret === null) return c.json(object, 200);
      c.header('Location', `/api/v1/tokens/${token.id}`);
      return c.json({ ...object, token: secret.reveal() }, 201);
    })
    .openapi(readToken, async (c) => {
      const token = await tokens.get(c.get('operator'), c.req.valid('param').id);
      return c.json(tokenObject(token, statusContext(), await tokens.appNames([token])), 200);
    })
    .openapi(revokeToken, async (c) => {
      await tokens.revoke(c.get('operator'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
