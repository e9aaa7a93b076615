import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import {
  type RequestTest,
  requestTestBodySchema,
  requestTestSchema,
} from '../../../shared/schemas/tokens/request-tests.ts';
import { parseAddress } from '../../config/ip-address.ts';
import type { TestedRequest } from '../../domain/tokens/rules/request-tests/request-tests.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { gateRequestOf } from '../oauth/reported-request.ts';
import { idParamSchema, invalidFields, jsonRequest, jsonResponse } from '../validate.ts';

const testRequest = createRoute({
  method: 'post',
  path: '/tokens/{id}/test',
  summary: 'Test a request with a token',
  description:
    'Returns what verification would decide about a request with the current value of the token, without its value. Records nothing. Without `app` or `ip`, the verdict is `conditional` if it depends on them. The owner of the token, maintainers of the service account that owns it, superusers, and management keys with the scope `tokens:read` may do this.',
  middleware: jsonBody,
  request: { params: idParamSchema, body: jsonRequest(requestTestBodySchema) },
  responses: { 200: jsonResponse(requestTestSchema, 'The verdict') },
});

export function requestTestRoutes({ requestTests }: Pick<AppDeps, 'requestTests'>) {
  return new OpenAPIHono<AppEnv>().openapi(testRequest, async (c) => {
    const described = c.req.valid('json');
    if (described.ip !== undefined && parseAddress(described.ip) === null) throw invalidAddress();
    const tested = await requestTests.of(c.get('operator'), c.req.valid('param').id, gateRequestOf(described));
    return c.json(requestTestObject(tested), 200);
  });
}

function invalidAddress() {
  return invalidFields([{ pointer: '/ip', detail: 'ip must be an IP address such as 203.0.113.9 or 2001:db8::1.' }]);
}

function requestTestObject({ verdict, rule, isConditional, notChecked }: TestedRequest): RequestTest {
  const rest = { rule, not_checked: [...notChecked] };
  if (!verdict.allowed) return { verdict: 'deny', deny_reason: verdict.reason, would_deny: null, ...rest };
  return {
    verdict: isConditional ? 'conditional' : 'allow',
    deny_reason: null,
    would_deny: verdict.wouldDeny,
    ...rest,
  };
}
