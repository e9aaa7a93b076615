import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { AppDeps, AppEnv } from '../../context.ts';

const readMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  summary: 'Get metrics',
  description:
    'Returns metrics in the Prometheus text format. Only loopback and trusted addresses may connect, and only directly.',
  responses: { 200: { description: 'The metrics', content: { 'text/plain': { schema: z.string() } } } },
});

export function metricsRoutes({ metrics }: Pick<AppDeps, 'metrics'>) {
  return new OpenAPIHono<AppEnv>().openapi(readMetrics, async (c) => {
    const { text, contentType } = await metrics.expose();
    return c.text(text, 200, { 'Content-Type': contentType, 'Cache-Control': 'no-store' });
  });
}
