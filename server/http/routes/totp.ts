import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  confirmCodeBodySchema,
  confirmPasswordBodySchema,
  optionalPasswordBodySchema,
  preparedTotpSchema,
  recoveryCodesSchema,
  totpStatusSchema,
} from '../../../shared/schemas/sign-in/totp.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const readStatus = createRoute({
  method: 'get',
  path: '/me/totp',
  summary: 'Get the two-factor status',
  responses: { 200: jsonResponse(totpStatusSchema, 'The status') },
});

const prepare = createRoute({
  method: 'post',
  path: '/me/totp',
  summary: 'Start two-factor set-up',
  description:
    'Creates the secret for an authenticator app. Two-factor sign-in is on only after the same session confirms it, within ten minutes. The response is the only one that contains the secret.',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmPasswordBodySchema) },
  responses: { 201: jsonResponse(preparedTotpSchema, 'The secret') },
});

const confirm = createRoute({
  method: 'post',
  path: '/me/totp/confirm',
  summary: 'Turn two-factor sign-in on',
  description:
    'Confirms the set-up with a code from the authenticator app and ends the other sessions. The response is the only one that contains the recovery codes.',
  middleware: jsonBody,
  request: { body: jsonRequest(confirmCodeBodySchema) },
  responses: { 200: jsonResponse(recoveryCodesSchema, 'The recovery codes') },
});

const disable = createRoute({
  method: 'post',
  path: '/me/totp/disable',
  summary: 'Turn two-factor sign-in off',
  middleware: jsonBody,
  request: { body: jsonRequest(optionalPasswordBodySchema) },
  responses: { 204: { description: 'Two-factor sign-in is off' } },
});

const renew = createRoute({
  method: 'post',
  path: '/me/totp/recovery-codes',
  summary: 'Replace the recovery codes',
  description: 'Creates new recovery codes. The old ones stop working immediately.',
  middleware: jsonBody,
  request: { body: jsonRequest(optionalPasswordBodySchema) },
  responses: { 200: jsonResponse(recoveryCodesSchema, 'The recovery codes') },
});

const reset = createRoute({
  method: 'delete',
  path: '/users/{id}/totp',
  summary: 'Reset two-factor sign-in of a member',
  description:
    'Helps a member who lost their authenticator app or passkey. It removes all their passkeys and ends their sessions, and they can set it up again. The session must have confirmed within the last hour who uses it.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'Two-factor sign-in is off for the member' } },
});

export function totpRoutes({ totp }: Pick<AppDeps, 'totp'>) {
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
