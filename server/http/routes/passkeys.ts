import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { passkeyChangesSchema, passkeySchema, passkeysSchema } from '../../../shared/schemas/sign-in/passkeys.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { passkeyObject } from '../representations.ts';
import { idParamSchema, jsonRequest, jsonResponse } from '../validate.ts';

const listOwn = createRoute({
  method: 'get',
  path: '/me/passkeys',
  summary: 'List your passkeys',
  description: 'Passkeys are added in a browser, on the profile.',
  responses: { 200: jsonResponse(passkeysSchema, 'The passkeys, oldest first') },
});

const remove = createRoute({
  method: 'delete',
  path: '/me/passkeys/{id}',
  summary: 'Remove one of your passkeys',
  description: 'If the organization requires two-factor sign-in, the last second factor cannot be removed.',
  request: { params: idParamSchema },
  responses: { 204: { description: 'The passkey no longer signs in' } },
});

const rename = createRoute({
  method: 'patch',
  path: '/me/passkeys/{id}',
  summary: 'Rename one of your passkeys',
  description: 'The name is for you. The passkey itself stays the same.',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(passkeyChangesSchema) },
  responses: { 200: jsonResponse(passkeySchema, 'The passkey with its new name') },
});

const listOfMember = createRoute({
  method: 'get',
  path: '/users/{id}/passkeys',
  summary: "List a member's passkeys",
  description: 'To remove all of them, reset the second factor of the member.',
  request: { params: idParamSchema },
  responses: { 200: jsonResponse(passkeysSchema, 'The passkeys, oldest first') },
});

export function passkeyRoutes({ passkeys }: Pick<AppDeps, 'passkeys'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(listOwn, async (c) => c.json({ items: (await passkeys.list(c.get('caller'))).map(passkeyObject) }, 200))
    .openapi(rename, async (c) => {
      const { id } = c.req.valid('param');
      return c.json(passkeyObject(await passkeys.rename(c.get('caller'), id, c.req.valid('json').name)), 200);
    })
    .openapi(remove, async (c) => {
      await passkeys.remove(c.get('caller'), c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(listOfMember, async (c) => {
      const found = await passkeys.listOf(c.get('operator'), c.req.valid('param').id);
      return c.json({ items: found.map(passkeyObject) }, 200);
    });
}
