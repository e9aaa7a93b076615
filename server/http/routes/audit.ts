import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { auditPageSchema, auditQuerySchema } from '../../../shared/schemas/audit.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { readPage } from '../paging.ts';
import { auditObject } from '../representations.ts';
import { jsonResponse } from '../validate.ts';

const listEvents = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'List audit events',
  description: 'Newest first. Superusers see every event, other members only their own.',
  request: { query: auditQuerySchema },
  responses: { 200: jsonResponse(auditPageSchema, 'A page of events') },
});

export function auditRoutes({ audit }: Pick<AppDeps, 'audit'>) {
  return new OpenAPIHono<AppEnv>().openapi(listEvents, async (c) => {
    const operator = c.get('operator');
    const page = await readPage(
      c.req.valid('query'),
      ({ since, ...query }) =>
        audit.list(operator, since === undefined ? query : { ...query, since: Date.parse(since) }),
      auditObject,
    );
    return c.json(page, 200);
  });
}
