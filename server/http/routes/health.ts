import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppDeps, AppEnv } from '../context.ts';
import { jsonAnswer } from '../validate.ts';

const okSchema = z.object({ status: z.literal('ok') }).meta({ id: 'Health' });

const healthz = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'The process is up',
  responses: { 200: jsonAnswer(okSchema, 'Up') },
});

const readyz = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'The database answers and its schema is current',
  responses: { 200: jsonAnswer(okSchema, 'Ready') },
});

export function healthRoutes({ store }: AppDeps) {
  return new OpenAPIHono<AppEnv>()
    .openapi(healthz, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(readyz, async (c) => {
      await store.ping();
      if (!(await store.schemaIsCurrent())) {
        throw new ProblemError('unavailable', 'The database schema is not current. Run: tokensd migrate');
      }
      return c.json({ status: 'ok' as const }, 200);
    });
}
