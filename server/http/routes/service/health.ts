import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { ProblemError } from '../../../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../../context.ts';
import { jsonResponse } from '../../validate.ts';

const okSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Check liveness',
  description: 'Responds as long as the process runs, even if the database is down.',
  responses: { 200: jsonResponse(okSchema, 'The process is running') },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Check readiness',
  description: 'Succeeds if the database responds and its schema is current. Use it for load balancers.',
  responses: { 200: jsonResponse(okSchema, 'The daemon is ready') },
});

export function healthRoutes({ store }: Pick<AppDeps, 'store'>) {
  return new OpenAPIHono<AppEnv>()
    .openapi(healthz, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(readyz, async (c) => {
      await store.ping();
      if (!(await store.schemaIsCurrent())) {
        throw new ProblemError('unavailable', 'The database schema is not current. Run `tokensd migrate`.');
      }
      return c.json({ status: 'ok' as const }, 200);
    });
}
