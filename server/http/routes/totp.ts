import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  confirmCodeBodySchema,
  confirmPasswordBodySchema,
  preparedTotpSchema,
  recoveryCodesSchema,
  totpStatusSchema,
} from '../../../shared/schemas/totp.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { idParamSchema, jsonAnswer, jsonRequest } from '../validate.ts';

const readStatus = createRoute({
  method: 'get',
  path: '/me/totp',
  summary: 'Whether signing in with the password takes a second step',
  responses: { 200: jsonAnswer(totpStatusSchema, 'The state') },
});

const prepare = createRoute({
  method: 'post',
  path: '/me/totp',
  summary: 'Begin to set up two-step sign-in',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmPasswordBodySchema) },
  responses: { 201: jsonAnswer(preparedTotpSchema, 'The secret, which is shown this once') },
});

const confirm = createRoute({
  method: 'post',
  path: '/me/totp/confirm',
  summary: 'Turn two-step sign-in on with a first code; the other sessions end',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmCodeBodySchema) },
  responses: { 200: jsonAnswer(recoveryCodesSchema, 'The recovery codes, which are shown this once') },
});

const disable = createRoute({
  method: 'post',
  path: '/me/totp/disable',
  summary: 'Turn two-step sign-in off',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmPasswordBodySchema) },
  responses: { 204: { description: 'The password alone is enough' } },
});

const renew = createRoute({
  method: 'post',
  path: '/me/totp/recovery-codes',
  summary: 'New recovery codes; the earlier ones are void',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmPasswordBodySchema) },
  responses: { 200: jsonAnswer(recoveryCodesSchema, 'The recovery codes, which are shown this once') },
});

const reset = createRoute({
  method: 'delete',
  path: '/users/{id}/totp',
  summary: 'Take the second step from a member who lost it; their sessions end',
  request: { params: idParamSchema },
  responses: { 204: { description: 'They can set it up again' } },
});

export function totpRoutes({ totp }: AppDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(readStatus, async (c) => c.json(await totp.status(c.get('caller')), 200))
    .openapi(prepare, async (c) => c.json(await totp.prepare(c.get('caller'), c.req.valid('json').password), 201))
    .openapi(confirm, async (c) =>
      c.json({ recovery_codes: await totp.enable(c.get('caller'), c.req.valid('json').code) }, 200),
    )
    .openapi(disable, async (c) => {
      await totp.disable(c.get('caller'), c.req.valid('json').password);
      return c.body(null, 204);
    })
    .openapi(renew, async (c) =>
      c.json({ recovery_codes: await totp.newRecoveryCodes(c.get('caller'), c.req.valid('json').password) }, 200),
    )
    .openapi(reset, async (c) => {
      await totp.reset(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    });
}
