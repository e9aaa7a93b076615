import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { type AskedRequest, askedRequestSchema } from '../../../shared/schemas/tokens/rules.ts';
import { selfRotateBodySchema } from '../../../shared/schemas/tokens/token-changes.ts';
import { createdTokenSchema, presentedTokenSchema } from '../../../shared/schemas/tokens/tokens.ts';
import { parseAddress } from '../../config/ip-address.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { rejectIfRevoked } from '../middleware/token.ts';
import { tokenObject } from '../representations.ts';
import { invalidFields, jsonRequest, jsonResponse } from '../validate.ts';

const readItself = createRoute({
  method: 'get',
  path: '/token',
  summary: 'Get the presented token',
  description:
    'Returns the personal API token that authenticates this request. This counts as a use only of a management key or a canary. With any parameter, `decision` says whether the token may make the request that the parameters describe.',
  request: { query: askedRequestSchema },
  responses: { 200: jsonResponse(presentedTokenSchema, 'The token') },
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
      const asked = canonical(c.req.valid('query'));
      const token = await tokens.getItself(presented).catch(rejectIfRevoked(presented));
      const object = tokenObject(token, statusContext(), await tokens.appNames([token]));
      if (Object.keys(asked).length === 0) return c.json(object, 200);
      const { denied, wouldDeny } = await tokens.decide(token, asked);
      const decision = { allowed: denied === null, reason: denied, would_deny: wouldDeny };
      return c.json({ ...object, decision }, 200);
    })
    .openapi(rotateItself, async (c) => {
      const presented = c.get('presentedToken');
      const rotation = tokens.rotateItself(presented, c.req.valid('json'), c.get('clientInfo'));
      const { token, secret } = await rotation.catch(rejectIfRevoked(presented));
      const object = tokenObject(token, statusContext(), await tokens.appNames([token]));
      return c.json({ ...object, token: secret?.reveal() ?? '' }, 201);
    })
    .openapi(revokeItself, async (c) => {
      const presented = c.get('presentedToken');
      await tokens.revokeItself(presented, c.get('clientInfo')).catch(rejectIfRevoked(presented));
      return c.body(null, 204);
    });
}

/** Rules compare addresses in canonical form. @throws ProblemError `invalid-fields` if `ip` is not an address */
function canonical(asked: AskedRequest): AskedRequest {
  if (asked.ip === undefined) return asked;
  const ip = parseAddress(asked.ip)?.toString();
  if (ip !== undefined) return { ...asked, ip };
  throw invalidFields([{ pointer: '?ip', detail: 'ip must be an IP address such as 203.0.113.9 or 2001:db8::1.' }]);
}
