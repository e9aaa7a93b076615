import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../context.ts';

const readMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Get metrics',
  description: 'In the Prometheus text format, for direct connections from loopback and trusted addresses only.',
  responses: { 200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } } },
});

export function metricsRoutes({ metrics }: Pick<AppDeps, 'metrics'>) {
  return new OpenAPIHono<AppEnv>().openapi(readMetrics, async (c) => {
    const { text, contentType } = await metrics.expose();
    return c.text(text, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  });
}
