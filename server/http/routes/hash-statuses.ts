import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { hashStatusesBodySchema, hashStatusesSchema } from '../../../shared/schemas/tokens/hash-statuses.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonBody } from '../middleware/json-body.ts';
import { jsonRequest, jsonResponse } from '../validate.ts';

const readStatuses = createRoute({
  method: 'post',
  path: '/tokens/statuses',
  summary: 'Get the statuses of found values',
  description:
    'Says which of the values that a scan found are live, without sending them: only their hashes. Superusers and management keys learn about every token. Other members learn about their own tokens and those of the service accounts that they maintain. Answers in the order of the request, and does not count as a use.',
  middleware: jsonBody,
  request: { body: jsonRequest(hashStatusesBodySchema) },
  responses: { 200: jsonResponse(hashStatusesSchema, 'One item per hash, in the order of the request') },
});

export function hashStatusRoutes({ hashStatuses }: Pick<AppDeps, 'hashStatuses'>) {
  return new OpenAPIHono<AppEnv>().openapi(readStatuses, async (c) => {
    const { hashes } = c.req.valid('json');
    return c.json({ items: await hashStatuses.ofHashes(c.get('operator'), hashes) }, 200);
  });
}
