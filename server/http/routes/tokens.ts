import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { limits } from '../../../shared/limits.ts';
import {
  createdTokenSchema,
  createTokenBodySchema,
  tokenListQuerySchema,
  tokenPageSchema,
  tokenSchema,
} from '../../../shared/schemas/tokens.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { readPage } from '../paging.ts';
import { tokenObject } from '../representations.ts';
import { idParamSchema, jsonAnswer, jsonRequest } from '../validate.ts';

const idempotencyHeaderSchema = z.object({
  'idempotency-key': z
    .string()
    .regex(
      new RegExp(`^[\\x21-\\x7e]{1,${limits.idempotencyKeyCharacters}}$`),
      `Idempotency-Key is 1–${limits.idempotencyKeyCharacters} visible ASCII characters.`,
    )
    .optional(),
});

const listTokens = createRoute({
  method: 'get',
  path: '/tokens',
  summary: 'Tokens, newest first',
  request: { query: tokenListQuerySchema },
  responses: { 200: jsonAnswer(tokenPageSchema, 'One page') },
});

const createToken = createRoute({
  method: 'post',
  path: '/tokens',
  summary: 'Create a token',
  middleware: jsonBody,
  request: { headers: idempotencyHeaderSchema, body: jsonRequest(createTokenBodySchema) },
  responses: {
    201: jsonAnswer(createdTokenSchema, 'The token with its value, which is shown this once'),
    200: jsonAnswer(tokenSchema, 'The same Idempotency-Key again: the token without its value'),
  },
});

const readToken = createRoute({
  method: 'get',
  path: '/tokens/{id}',
  summary: 'One token',
  request: { params: idParamSchema },
  responses: { 200: jsonAnswer(tokenSchema, 'The token') },
});

const revokeToken = createRoute({
  method: 'delete',
  path: '/tokens/{id}',
  summary: 'Revoke a token for good',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The token is revoked' } },
});

export function tokenRoutes({ tokens, statusContext }: AppDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listTokens, async (c) => {
      const now = statusContext();
      const page = await readPage(
        c.req.valid('query'),
        (query) => tokens.list(c.get('caller'), query),
        (token) => tokenObject(token, now),
      );
      return c.json(page, 200);
    })
    .openapi(createToken, async (c) => {
      const key = c.req.valid('header')['idempotency-key'];
      const { token, secret } = await tokens.create(c.get('caller'), c.req.valid('json'), key);
      const object = tokenObject(token, statusContext());
      if (secret === null) return c.json(object, 200);
      c.header('Location', `/api/v1/tokens/${token.id}`);
      return c.json({ ...object, token: secret.reveal() }, 201);
    })
    .openapi(readToken, async (c) => {
      const token = await tokens.get(c.get('caller'), c.req.valid('param').id);
      return c.json(tokenObject(token, statusContext()), 200);
    })
    .openapi(revokeToken, async (c) => {
      await tokens.revoke(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
