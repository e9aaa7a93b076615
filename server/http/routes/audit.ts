import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { auditPageSchema, auditQuerySchema } from '../../../shared/schemas/audit.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { readPage } from '../paging.ts';
import { auditObject } from '../representations.ts';
import { jsonAnswer } from '../validate.ts';

const listEvents = createRoute({
  method: 'get',
  path: '/audit',
  summary: 'What happened, newest first; a member sees their own events',
  request: { query: auditQuerySchema },
  responses: { 200: jsonAnswer(auditPageSchema, 'One page') },
});

export function auditRoutes({ audit }: AppDeps) {
  return new OpenAPIHono<AppEnv>().openapi(listEvents, async (c) => {
    const caller = c.get('caller');
    const page = await readPage(
      c.req.valid('query'),
      ({ since, ...query }) => audit.list(caller, since === undefined ? query : { ...query, since: Date.parse(since) }),
      auditObject,
    );
    return c.json(page, 200);
  });
}
