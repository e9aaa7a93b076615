import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  bulkOutcomeSchema,
  pauseTokensBodySchema,
  resumeTokensBodySchema,
  revokeTokensBodySchema,
} from '../../../shared/schemas/tokens/bulk.ts';
import {
  editTokenBodySchema,
  pauseTokenBodySchema,
  rotateTokenBodySchema,
  transferTokenBodySchema,
} from '../../../shared/schemas/tokens/token-changes.ts';
import { createdTokenSchema, tokenSchema } from '../../../shared/schemas/tokens/tokens.ts';
import { bulkOutcomeObject } from '../bulk/bulk-outcome.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { tokenObject } from '../representations.ts';
import { idempotencyHeaderSchema, idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const editToken = createRoute({
  method: 'patch',
  path: '/tokens/{id}',
  summary: 'Edit a token',
  description:
    'Only the owner may do this, or a maintainer of the service account that owns the token. The expiry can be shortened, or extended as far as a new token may live from now on. An edit of the rules applies from the next request on; a new app cuts the expiry to its `max_expiry`. Fields that are missing stay.',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(editTokenBodySchema) },
  responses: { 200: jsonResponse(tokenSchema, 'The changed token') },
});

const rotateToken = createRoute({
  method: 'post',
  path: '/tokens/{id}/rotate',
  summary: 'Rotate a token',
  description:
    'Gives the token a new value, which only this response contains. Only the owner may do this, or a maintainer of the service account that owns the token. The old value is accepted until `previous.valid_until`. A paused token can be rotated with `overlap` 0 only: all its earlier values end, and it stays paused, so the new value is accepted when the pause ends. Without `expires_in` and `expires_at`, the token lives again for its `lifetime`.',
  middleware: jsonBody,
  request: { params: idParamSchema, headers: idempotencyHeaderSchema, body: jsonRequest(rotateTokenBodySchema) },
  responses: {
    201: jsonResponse(createdTokenSchema, 'The token with its new value'),
    200: jsonResponse(tokenSchema, 'A replay of the `Idempotency-Key`: the token without its value'),
  },
});

const endPreviousValue = createRoute({
  method: 'delete',
  path: '/tokens/{id}/previous',
  summary: 'End the previous value of a token',
  description: 'Requests with the value before the last rotation are denied from now on.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'Only the current value is accepted' } },
});

const transferToken = createRoute({
  method: 'post',
  path: '/tokens/{id}/transfer',
  summary: 'Transfer a token to a service account',
  description:
    'The value keeps working, and stands for the service account from the next request on. Only the owner of an active or paused token may do this, if they maintain the service account, and superusers for every token. The rules and the pause of the token stay. It no longer rotates itself, because its former owner knows its value. Both sides are mailed.',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(transferTokenBodySchema) },
  responses: { 200: jsonResponse(tokenSchema, 'The transferred token') },
});

const pauseToken = createRoute({
  method: 'post',
  path: '/tokens/{id}/pause',
  summary: 'Pause a token',
  description:
    'Requests that use the token are denied from now on, until it is resumed. If a superuser pauses the token of another member, only superusers can resume it.',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(pauseTokenBodySchema) },
  responses: { 200: jsonResponse(tokenSchema, 'The paused token') },
});

const resumeToken = createRoute({
  method: 'post',
  path: '/tokens/{id}/resume',
  summary: 'Resume a token',
  description: 'Ends the pause of a token, or revives an idle one.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(tokenSchema, 'The token') },
});

const revokeTokens = createRoute({
  method: 'post',
  path: '/tokens/revoke',
  summary: 'Revoke tokens',
  description:
    'Revokes those of the tokens with these IDs that the caller may revoke, with one mail to each owner. Sending the same IDs again skips what was revoked and revokes the rest.',
  middleware: jsonBody,
  request: { body: jsonRequest(revokeTokensBodySchema) },
  responses: { 200: jsonResponse(bulkOutcomeSchema, 'What became of each token') },
});

const pauseTokens = createRoute({
  method: 'post',
  path: '/tokens/pause',
  summary: 'Pause tokens',
  description:
    'Pauses those of the tokens with these IDs that the caller may pause, with one mail to each owner. Leaves a token that is paused already as it is, and one that has expired.',
  middleware: jsonBody,
  request: { body: jsonRequest(pauseTokensBodySchema) },
  responses: { 200: jsonResponse(bulkOutcomeSchema, 'What became of each token') },
});

const resumeTokens = createRoute({
  method: 'post',
  path: '/tokens/resume',
  summary: 'Resume tokens',
  description:
    'Ends the pauses of those of the tokens with these IDs that the caller may resume, with one mail to each owner. A token that is not paused counts as done and stays as it is, also an idle one. Leaves a token that has expired.',
  middleware: jsonBody,
  request: { body: jsonRequest(resumeTokensBodySchema) },
  responses: { 200: jsonResponse(bulkOutcomeSchema, 'What became of each token') },
});

export function tokenChangeRoutes({
  tokens,
  statusContext,
  failureLog,
}: Pick<AppDeps, 'tokens' | 'statusContext' | 'failureLog'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(editToken, async (c) => {
      const token = await tokens.edit(c.get('operator'), c.req.valid('param').id, c.req.valid('json'));
      return c.json(tokenObject(token, statusContext(), await tokens.appNames([token])), 200);
    })
    .openapi(rotateToken, async (c) => {
      const idempotencyKey = c.req.valid('header')['idempotency-key'];
      const { id } = c.req.valid('param');
      const { token, secret } = await tokens.rotate(c.get('operator'), id, c.req.valid('json'), { idempotencyKey });
      const object = tokenObject(token, statusContext(), await tokens.appNames([token]));
      return secret === null ? c.json(object, 200) : c.json({ ...object, token: secret.reveal() }, 201);
    })
    .openapi(endPreviousValue, async (c) => {
      await tokens.endPrevious(c.get('operator'), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(transferToken, async (c) => {
      const token = await tokens.transfer(c.get('operator'), c.req.valid('param').id, c.req.valid('json'));
      return c.json(tokenObject(token, statusContext(), await tokens.appNames([token])), 200);
    })
    .openapi(pauseToken, async (c) => {
      const token = await tokens.pause(c.get('operator'), c.req.valid('param').id, c.req.valid('json'));
      return c.json(tokenObject(token, statusContext(), await tokens.appNames([token])), 200);
    })
    .openapi(revokeTokens, async (c) => {
      const outcome = await tokens.revokeMany(c.get('operator'), c.req.valid('json').ids);
      return c.json(bulkOutcomeObject({ failureLog }, c, outcome), 200);
    })
    .openapi(pauseTokens, async (c) => {
      const { ids, ...body } = c.req.valid('json');
      const outcome = await tokens.pauseMany(c.get('operator'), ids, body);
      return c.json(bulkOutcomeObject({ failureLog }, c, outcome), 200);
    })
    .openapi(resumeTokens, async (c) => {
      const outcome = await tokens.resumeMany(c.get('operator'), c.req.valid('json').ids);
      return c.json(bulkOutcomeObject({ failureLog }, c, outcome), 200);
    })
    .openapi(resumeToken, async (c) => {
      const token = await tokens.resume(c.get('operator'), c.req.valid('param').id);
      return c.json(tokenObject(token, statusContext(), await tokens.appNames([token])), 200);
    });
}
